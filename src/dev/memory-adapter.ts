// Storage of the development identity provider's codes and sessions: in memory, bounded, lost when the process ends.

interface Payload {
  readonly uid?: string
  readonly grantId?: string
  consumed?: number
}
interface Entry {
  readonly model: string
  readonly payload: Payload
  /** ms */
  readonly until: number
}

const most = 2000

/** The `adapter` setting of the oidc-provider package: makes the storage for one kind of model. */
export function memory(now: () => number) {
  const entries = new Map<string, Entry>()
  const live = (key: string) => {
    const entry = entries.get(key)
    return entry !== undefined && entry.until > now() ? entry.payload : undefined
  }
  return (model: string) => ({
    async upsert(id: string, payload: Payload, seconds: number) {
      const key = `${model} ${id}`
      entries.delete(key)
      if (entries.size >= most) entries.delete(entries.keys().next().value ?? '')
      entries.set(key, { model, payload, until: now() + seconds * 1000 })
    },
    find: async (id: string) => live(`${model} ${id}`),
    async findByUid(uid: string) {
      for (const [key, entry] of entries) if (entry.model === model && entry.payload.uid === uid) return live(key)
      return undefined
    },
    findByUserCode: async () => undefined,
    async consume(id: string) {
      const payload = live(`${model} ${id}`)
      if (payload !== undefined) payload.consumed = Math.floor(now() / 1000)
    },
    async destroy(id: string) {
      entries.delete(`${model} ${id}`)
    },
    async revokeByGrantId(grantId: string) {
      for (const [key, { payload }] of entries) if (payload.grantId === grantId) entries.delete(key)
    },
  })
}
