/**
 * ONNX Runtime 1.30 reports usage to its vendor when a session is opened (and leaves a `mat-debug-<pid>.log` in the temporary folder) unless this
 * variable is in the process's environment before. What an enclave or a miner computes is nobody's business, so this module is the first
 * import wherever a session may be opened. In the main thread: a worker thread's `process.env` is a copy that native code does not see.
 */
process.env.ORT_DISABLE_TELEMETRY = '1';
