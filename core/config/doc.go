// Package config turns flags, environment and file into one value: a flag wins
// over the environment, the environment over the file, the file over the default.
//
// It reports every mistake at once, each with the place where it was made: the
// flag, the variable, or the line of the file. It opens nothing but the
// configuration file, the files that this names, and the one in which the data
// directory keeps its issuer, and it writes nothing. It imports the TOML parser,
// and outbound and supply to check what is listed for them; app and cli import it.
package config
