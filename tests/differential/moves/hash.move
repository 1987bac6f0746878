/// Stands in for `sui::hash` on the second machine, whose native of that name cannot be called: BLAKE2b (RFC 7693) in Move.
module programs::hash;

const MASK: u128 = 0xffff_ffff_ffff_ffff;
const BLOCK: u64 = 128;

fun initial(): vector<u64> {
	vector[
		0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
		0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
	]
}

/// The ten permutations of the message words, row after row.
fun sigma(): vector<u8> {
	vector[
		0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
		14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3,
		11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4,
		7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8,
		9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13,
		2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9,
		12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11,
		13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10,
		6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5,
		10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0,
	]
}

public fun blake2b256(data: &vector<u8>): vector<u8> {
	let mut h = initial();
	*(&mut h[0]) = h[0] ^ 0x01010020;
	let length = data.length();
	let mut from = 0;
	while (length > from + BLOCK) {
		compress(&mut h, data, from, from + BLOCK, false);
		from = from + BLOCK;
	};
	compress(&mut h, data, from, length, true);
	let mut out = vector[];
	let mut i = 0;
	while (i < 32) {
		out.push_back(((h[i / 8] >> ((8 * (i % 8)) as u8)) & 0xff) as u8);
		i = i + 1;
	};
	out
}

public fun keccak256(_data: &vector<u8>): vector<u8> { abort 0 }

/// Takes the bytes from `from` up to `to`; what is short of a block is zero.
fun compress(h: &mut vector<u64>, data: &vector<u8>, from: u64, to: u64, last: bool) {
	let mut words = vector[];
	let mut i = 0;
	while (i < 16) {
		let mut word = 0u64;
		let mut j = 0;
		while (j < 8) {
			let at = from + 8 * i + j;
			if (at < to) word = word | ((data[at] as u64) << ((8 * j) as u8));
			j = j + 1;
		};
		words.push_back(word);
		i = i + 1;
	};
	let mut v = *h;
	v.append(initial());
	*(&mut v[12]) = v[12] ^ to;
	if (last) *(&mut v[14]) = v[14] ^ 0xffff_ffff_ffff_ffff;
	let sigma = sigma();
	let mut round = 0;
	while (round < 12) {
		let row = (round % 10) * 16;
		let mut step = 0;
		while (step < 8) {
			// Columns first, then diagonals.
			let (a, shift) = if (step < 4) (step, 0) else (step - 4, 1);
			let x = words[sigma[row + 2 * step] as u64];
			let y = words[sigma[row + 2 * step + 1] as u64];
			mix(&mut v, a, 4 + (a + shift) % 4, 8 + (a + 2 * shift) % 4, 12 + (a + 3 * shift) % 4, x, y);
			step = step + 1;
		};
		round = round + 1;
	};
	let mut k = 0;
	while (k < 8) {
		let word = h[k] ^ v[k] ^ v[k + 8];
		*(&mut h[k]) = word;
		k = k + 1;
	};
}

fun mix(v: &mut vector<u64>, a: u64, b: u64, c: u64, d: u64, x: u64, y: u64) {
	let mut va = v[a];
	let mut vb = v[b];
	let mut vc = v[c];
	let mut vd = v[d];
	va = add(add(va, vb), x);
	vd = rotate(vd ^ va, 32);
	vc = add(vc, vd);
	vb = rotate(vb ^ vc, 24);
	va = add(add(va, vb), y);
	vd = rotate(vd ^ va, 16);
	vc = add(vc, vd);
	vb = rotate(vb ^ vc, 63);
	*(&mut v[a]) = va;
	*(&mut v[b]) = vb;
	*(&mut v[c]) = vc;
	*(&mut v[d]) = vd;
}

fun add(left: u64, right: u64): u64 { (((left as u128) + (right as u128)) & MASK) as u64 }

fun rotate(value: u64, by: u8): u64 { (value >> by) | (value << (64 - by)) }
