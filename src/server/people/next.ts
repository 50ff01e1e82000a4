// Where a sign-in leads in the end, when a page of ours sent the person to it: sealed, so that it is always ours.
import type { Vault } from '../../service/parts.ts'

/** The parameter, and the hidden field, that carries it. */
export const nextField = 'next'

export interface NextPages {
  /** The text for `?next=`: a path of ours as a browser asks for it, with its query. */
  seal(path: string, now: Date): string
  /** The path; undefined: it is none of ours, or too old. */
  open(text: string | null | undefined, now: Date): string | undefined
}

/** Longer than a sign-in at a provider takes. */
const lastsMs = 1_800_000
const longest = 8192
const place = ['system', 'sign-in', 'next'] as const

export function createNextPages(vault: Vault): NextPages {
  return {
    seal: (path, now) => vault.seal(...place, JSON.stringify({ path, until: now.getTime() + lastsMs })),
    open(text, now) {
      if (text === null || text === undefined || text === '' || text.length > longest) return undefined
      const content = opened(vault, text)
      return content === undefined || now.getTime() > content.until ? undefined : content.path
    },
  }
}

function opened(vault: Vault, text: string): { readonly path: string; readonly until: number } | undefined {
  try {
    return JSON.parse(vault.open(...place, text)) as { path: string; until: number }
  } catch {
    // Not ours.
    return undefined
  }
}
