// What development mode uses of the `dynalite` package, which brings no types of its own.
declare module 'dynalite' {
  import type { Server } from 'node:http'

  interface Options {
    /** Milliseconds for which a table is being made, changed or deleted. */
    readonly createTableMs?: number
    readonly updateTableMs?: number
    readonly deleteTableMs?: number
  }
  /** A server over tables in memory, which listens nowhere yet. */
  const dynalite: (options?: Options) => Server
  // biome-ignore lint/style/noDefaultExport: the package has no other
  export default dynalite
}
