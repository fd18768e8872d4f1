declare module 'libpg-query/wasm/libpg-query.js' {
  /** Emscripten's factory. */
  export default function open(options: object): Promise<never>
}
