import type { VendorFailure } from './failures.ts'
import { wireFault } from './vendor-fetch.ts'

/** Loads a vendor's library with the first question: a server that never asks stays small and starts sooner. */
export function loadedOnce<Library>(load: () => Promise<Library>): () => Promise<Library> {
  let library: Promise<Library> | undefined
  return () => {
    library ??= load()
    return library
  }
}

/** What a library threw, in plain facts; `read` reads its own class of error, for an answer of the vendor that says no. */
export function failureIn<E extends Error>(
  error: unknown,
  ApiError: abstract new (...args: never[]) => E,
  read: (error: E) => VendorFailure,
): VendorFailure {
  const fault = wireFault(error)
  if (fault) return fault
  if (error instanceof ApiError) return read(error)
  return { said: error instanceof Error ? error.message : String(error) }
}
