// When a server has read of its store's feed what another server of the store has changed.
import type { Change } from '../../src/store/store.ts'
import type { TestServer } from './server.ts'

/** Resolves when the server's feed has told of a change of that collection. Call it before the change is made. */
export const heardBy = ({ engine }: TestServer, collection: string): Promise<void> =>
  new Promise((resolve) => {
    const stop = engine.store.watch((change: Change) => {
      if (change !== 'resync' && change.collection !== collection) return
      stop()
      resolve()
    })
  })
