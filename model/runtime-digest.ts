import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ByteWriter } from '#core/bytes.ts';
import { SESSION_OPTIONS } from '#model/session.ts';

/**
 * The `cpu_class` byte of a payload header. ONNX Runtime picks its kernels by these features, and f32 sums may differ in the last
 * bits between classes; bit equality of a loss may be asked of the same class alone.
 */
export const CPU_CLASS = { unknown: 0, x86: 1, x86Fma: 2, x86Avx512: 3, armNeon: 4 } as const;
export type CpuClass = (typeof CPU_CLASS)[keyof typeof CPU_CLASS];

/** Of this machine. Where the operating system does not list the features, `unknown`. */
export function cpuClass(): CpuClass {
	if (process.arch === 'arm64') return CPU_CLASS.armNeon;
	if (process.platform !== 'linux') return CPU_CLASS.unknown;
	try {
		return cpuClassOf(readFileSync('/proc/cpuinfo', 'utf8'));
	} catch {
		return CPU_CLASS.unknown;
	}
}

/** Reads the first processor of a /proc/cpuinfo. AVX-512 counts with the F, BW, DQ and VL sets, which the runtime's kernels need together. */
export function cpuClassOf(cpuinfo: string): CpuClass {
	const line = /^(flags|Features)\s*:(.*)$/m.exec(cpuinfo);
	if (line === null) return CPU_CLASS.unknown;
	const features = new Set(line[2]!.trim().split(/\s+/));
	const has = (...names: string[]): boolean => names.every((name) => features.has(name));
	if (line[1] === 'Features') return has('asimd') ? CPU_CLASS.armNeon : CPU_CLASS.unknown;
	if (has('avx512f', 'avx512bw', 'avx512dq', 'avx512vl')) return CPU_CLASS.x86Avx512;
	return has('avx2', 'fma') ? CPU_CLASS.x86Fma : CPU_CLASS.x86;
}

const READ_BYTES = 1 << 20;

/** Folder of the native files that the onnxruntime-node package loads on this platform. */
export function runtimeBinaryFolder(): string {
	const entry = createRequire(import.meta.url).resolve('onnxruntime-node');
	return join(dirname(entry), '..', 'bin', 'napi-v6', process.platform, process.arch);
}

/**
 * The `runtime_hash` of a payload header: SHA-256 over "vramhub-runtime-1", then graph, session options as JSON, and each native
 * file of `binaryFolder` in order of name (its name, then its bytes); every part preceded by its length, u32.
 * Equal hashes and CPU classes: equal bits.
 */
export async function runtimeHash(graph: Uint8Array, binaryFolder = runtimeBinaryFolder()): Promise<Uint8Array> {
	const hash = createHash('sha256');
	const part = (bytes: Uint8Array): void => {
		hash.update(new ByteWriter().u32(bytes.length).done()).update(bytes);
	};
	const text = (value: string): void => part(new TextEncoder().encode(value));
	text('vramhub-runtime-1');
	part(graph);
	text(JSON.stringify(SESSION_OPTIONS));
	// The files have tens of megabytes: they are read through one buffer.
	const buffer = new Uint8Array(READ_BYTES);
	for (const name of (await readdir(binaryFolder)).sort()) {
		text(name);
		await using file = await open(join(binaryFolder, name));
		hash.update(new ByteWriter().u32((await file.stat()).size).done());
		for (;;) {
			const { bytesRead } = await file.read(buffer);
			if (bytesRead === 0) break;
			hash.update(buffer.subarray(0, bytesRead));
		}
	}
	return hash.digest();
}
