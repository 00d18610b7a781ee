package bundle

// crcMatrix is a linear map of CRC-32 values: column i is the image of bit i.
type crcMatrix [32]uint32

// combineCRC returns the CRC-32 (IEEE) of A followed by B, of which it gets the CRCs
// and the size of B. It appends as many zero bytes to A as B has, which is a linear map
// of A's CRC, by repeated squaring.
func combineCRC(a, b uint32, sizeB int64) uint32 {
	if a == 0 { // zero bytes do not change it
		return b
	}
	shift := oneZeroByte()
	for ; sizeB > 0; sizeB >>= 1 {
		if sizeB&1 == 1 {
			a = shift.apply(a)
		}
		shift = shift.squared()
	}
	return a ^ b
}

// oneZeroByte is the map that appends one zero byte.
func oneZeroByte() crcMatrix {
	const polynomial = 0xedb88320
	var m crcMatrix
	m[0] = polynomial
	for i := 1; i < 32; i++ {
		m[i] = 1 << (i - 1)
	}
	for range 3 { // one bit → two → four → eight
		m = m.squared()
	}
	return m
}

func (m *crcMatrix) apply(v uint32) uint32 {
	var sum uint32
	for i := 0; v != 0; i, v = i+1, v>>1 {
		if v&1 == 1 {
			sum ^= m[i]
		}
	}
	return sum
}

func (m *crcMatrix) squared() crcMatrix {
	var s crcMatrix
	for i := range m {
		s[i] = m.apply(m[i])
	}
	return s
}
