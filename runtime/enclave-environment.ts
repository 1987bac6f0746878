/**
 * What whoever starts an enclave puts into its environment. A request and a file pass through buffers of 64 KiB and more; glibc would keep such memory after it was
 * freed, some fifty megabytes of it, unless it takes it from the system piece by piece. It does so from the size that stands here; without the variable the size grows
 * with what is freed (mallopt(3), M_MMAP_THRESHOLD).
 */
export const ENCLAVE_ENVIRONMENT: Readonly<Record<string, string>> = { MALLOC_MMAP_THRESHOLD_: '65536' };
