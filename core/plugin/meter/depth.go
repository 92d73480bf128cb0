package meter

// DefaultDepth is the depth that suits every honest guest. It is in bytes of
// stack, as frameSize estimates them.
const DefaultDepth = 2 << 20

// frameSize estimates the bytes of stack that a call of the function takes.
func frameSize(f *function) int64 {
	return 64 + 8*int64(f.count) + int64(f.size)/4
}
