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

export interface PythonModule {
	readonly name: string;
	/** `package==version` */
	readonly requirement: string;
	readonly sha256?: string | readonly string[];
	/** Instead of `sha256`, for a module that needs others: the pinned wheels of all. */
	readonly requirementsFile?: string;
	/** What `import` names. */
	readonly module: string;
	/** Defaults to the checkout's `.vramhub/tools`. */
	readonly toolsFolder?: string;
}

/** The interpreter and what its `PYTHONPATH` must hold. */
export interface PythonWithModule {
	readonly python: string;
	readonly path: string;
}

export declare const PYTHON_TOOLS: { readonly temporal: PythonTool; readonly weed: PythonTool };

export declare const PYTHON_MODULES: { readonly 'sui-sandbox': PythonModule; readonly openskill: PythonModule; readonly torch: PythonModule };

export declare class MissingToolError extends Error {
	code: 'MISSING_TOOL';
}

export declare function ensurePythonTool(tool: PythonTool): Promise<string>;
export declare function temporalBinary(): Promise<string>;
export declare function ensurePythonModule(wheel: PythonModule): Promise<PythonWithModule>;
export declare function pythonOpenskill(): Promise<PythonWithModule>;
export declare function suiSandbox(): Promise<PythonWithModule>;
export declare function torch(): Promise<PythonWithModule>;
export declare function weedBinary(): Promise<string>;
