// How a relying party of this folder talks with the test that runs it: one JSON
// value a line. The test says the settings, the relying party says where a browser
// has to go, the test says where the browser came back, and the relying party says
// what it found.
import { createInterface } from 'node:readline'

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()

const say = (message) => process.stdout.write(JSON.stringify(message) + '\n')

async function hear() {
  const { value, done } = await lines.next()
  if (done) throw new Error('the test went away')
  return JSON.parse(value)
}

// browse sends the test's browser to the address and gives where it came back.
export async function browse(address) {
  say({ browse: address.href })
  return new URL((await hear()).back)
}

// failure gives what an error says to a program: its OAuth code, the code of a
// WWW-Authenticate challenge, or its own.
export async function failure(action) {
  try {
    await action()
  } catch (error) {
    const challenge = error.cause?.[0]?.parameters?.error
    return error.error ?? challenge ?? error.code ?? String(error)
  }
  return 'it succeeded'
}

// converse runs a relying party.
export async function converse(relyingParty) {
  try {
    say({ found: await relyingParty(await hear()) })
  } catch (error) {
    say({ failed: `${error.stack} ${JSON.stringify(error.cause ?? null)}` })
    process.exitCode = 1
  }
  process.stdin.destroy()
}
