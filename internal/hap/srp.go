package hap

import (
	"crypto/sha512"
	"crypto/subtle"
	"errors"
	"hash"
	"math/big"
)

// group is one of RFC 5054, appendix A, with the hash that goes with it.
type group struct {
	n, g *big.Int
	hash func() hash.Hash
}

// hex3072 is the prime of the 3072-bit group: RFC 3526, 4.
const hex3072 = "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD" +
	"EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED" +
	"EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F" +
	"83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B" +
	"E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510" +
	"15728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7" +
	"ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864D87602733EC86A64521F2B18177B200C" +
	"BBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF"

// homeKit is the group of HomeKit: 5.5 of its specification.
func homeKit() group { return newGroup(hex3072, 5, sha512.New) }

func newGroup(hexN string, g int64, h func() hash.Hash) group {
	n, ok := new(big.Int).SetString(hexN, 16)
	if !ok {
		panic("a constant is not hexadecimal")
	}
	return group{n: n, g: big.NewInt(g), hash: h}
}

// size is the length of padded numbers, in bytes.
func (g group) size() int { return (g.n.BitLen() + 7) / 8 }

func (g group) pad(n *big.Int) []byte { return n.FillBytes(make([]byte, g.size())) }

func (g group) sum(parts ...[]byte) []byte {
	h := g.hash()
	for _, p := range parts {
		h.Write(p) //nolint:errcheck // a hash never fails
	}
	return h.Sum(nil)
}

func (g group) number(parts ...[]byte) *big.Int { return new(big.Int).SetBytes(g.sum(parts...)) }

// srp is the client's side of SRP-6a (RFC 5054, 2.5 and 2.6).
type srp struct {
	group
	user, password string
	secret         *big.Int // a
	public         []byte   // A, padded
	key            []byte   // K
	proof          []byte   // M1
}

// newSRP begins; the secret is random, of at least 256 bits.
func newSRP(g group, user, password string, secret []byte) *srp {
	s := &srp{group: g, user: user, password: password, secret: new(big.Int).SetBytes(secret)}
	s.public = g.pad(new(big.Int).Exp(g.g, s.secret, g.n))
	return s
}

var errSRP = errors.New("the accessory's key of SRP is not valid")

// challenge takes the server's salt and public key, and makes the premaster
// secret, the session's key and our proof.
func (s *srp) challenge(salt, public []byte) error {
	premaster, err := s.premaster(salt, public)
	if err != nil {
		return err
	}
	s.key = s.sum(s.pad(premaster))
	// M1 = H(H(N) xor H(g) | H(I) | s | A | B | K): RFC 2945, 3.
	hn, hg := s.sum(s.n.Bytes()), s.sum(s.g.Bytes())
	subtle.XORBytes(hn, hn, hg)
	s.proof = s.sum(hn, s.sum([]byte(s.user)), salt, s.public, s.pad(new(big.Int).SetBytes(public)), s.key)
	return nil
}

// premaster is S = (B − k·g^x)^(a + u·x) mod N.
func (s *srp) premaster(salt, public []byte) (*big.Int, error) {
	b := new(big.Int).SetBytes(public)
	if b.Cmp(s.n) >= 0 || b.Sign() == 0 {
		return nil, errSRP // RFC 5054, 2.5.4: B % N must not be 0
	}
	k := s.number(s.n.Bytes(), s.pad(s.g))
	x := s.number(salt, s.sum([]byte(s.user+":"+s.password)))
	u := s.number(s.public, s.pad(b))
	if u.Sign() == 0 {
		return nil, errSRP
	}
	base := new(big.Int).Exp(s.g, x, s.n)
	base.Mul(base, k).Sub(b, base).Mod(base, s.n)
	exponent := u.Mul(u, x)
	exponent.Add(exponent, s.secret)
	return base.Exp(base, exponent, s.n), nil
}

// proves tells whether the server's proof is right: M2 = H(A | M1 | K).
func (s *srp) proves(proof []byte) bool {
	return subtle.ConstantTimeCompare(proof, s.sum(s.public, s.proof, s.key)) == 1
}
