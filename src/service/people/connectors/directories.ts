// The directories of the table in force, opened as they are needed. A change of the table opens them anew, because a change of a
// password or certificate must count at once; what is replaced is closed after its last use.
import type { Directory, DirectorySettings } from '../../../federation/directory/directory.ts'
import type { DirectoryConnector } from '../../contracts/people-table.ts'

export interface Directories {
  /** Works with the connector's directory, as the table of that version describes it. */
  use<T>(connector: DirectoryConnector, version: number, work: (directory: Directory) => Promise<T>): Promise<T>
  /** Closes those of other connectors than these. */
  keepOnly(names: ReadonlySet<string>): void
  close(): Promise<void>
}

interface Open {
  readonly version: number
  readonly directory: Directory
  uses: number
  replaced: boolean
}

export function createDirectories(open: (settings: DirectorySettings) => Directory): Directories {
  const current = new Map<string, Open>()
  const closing = new Set<Promise<void>>()

  function close({ directory }: Open): void {
    const closed = directory.close().catch(() => undefined)
    closing.add(closed)
    void closed.finally(() => closing.delete(closed))
  }

  function replace(name: string): void {
    const old = current.get(name)
    if (old === undefined) return
    current.delete(name)
    old.replaced = true
    if (old.uses === 0) close(old)
  }

  function openOf({ name, directory }: DirectoryConnector, version: number): Open {
    const known = current.get(name)
    // A reading of the table that is older than what is open is a request under way: it may use what is newer.
    if (known !== undefined && known.version >= version) return known
    replace(name)
    const opened = { version, directory: open(directory), uses: 0, replaced: false }
    current.set(name, opened)
    return opened
  }

  return {
    async use(connector, version, work) {
      const opened = openOf(connector, version)
      opened.uses++
      try {
        return await work(opened.directory)
      } finally {
        opened.uses--
        if (opened.replaced && opened.uses === 0) close(opened)
      }
    },
    keepOnly(names) {
      for (const name of [...current.keys()]) if (!names.has(name)) replace(name)
    },
    async close() {
      for (const name of [...current.keys()]) replace(name)
      await Promise.all(closing)
    },
  }
}
