/**
 * The last line of defence: every log line and every failure that leaves this process passes through {@link redact}. Code that holds
 * a secret still must not print it; this catches the library that repeats its input in an error message.
 */
const MARK = '[redacted]';

/** Shapes of secrets that are recognised without having been registered. */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
	// Sui private keys, bech32 with the prefix of SIP-15.
	[/suiprivkey1[02-9ac-hj-np-z]{20,}/g, MARK],
	// JSON and key=value renderings of the fields that hold secrets.
	[/((?:secret_?access_?key|secretKey|mnemonic|private_?key|session_?token|password)\\*["']?\s*[:=]\s*\\*["']?)[^"',\s}&\\]+/gi, `$1${MARK}`],
	[/(mnemonic\\*["']?\s*[:=]\s*\\*["'])[^"'\\]+/gi, `$1${MARK}`],
	// Presigned URLs and authorization headers of S3.
	[/((?:X-Amz-Signature|X-Amz-Credential|X-Amz-Security-Token|Signature)=)[^&\s"',]+/g, `$1${MARK}`],
];

/** Shorter texts would redact ordinary words. */
const SHORTEST_SECRET = 8;

const registered = new Set<string>();

/** From now on `secret` is replaced wherever this process logs or reports. Registered secrets stay for the life of the process. */
export function registerSecret(secret: string): void {
	if (secret.length >= SHORTEST_SECRET) registered.add(secret);
}

export function redact(text: string): string {
	let clean = text;
	for (const secret of registered) if (clean.includes(secret)) clean = clean.replaceAll(secret, MARK);
	for (const [pattern, replacement] of PATTERNS) clean = clean.replace(pattern, replacement);
	return clean;
}
