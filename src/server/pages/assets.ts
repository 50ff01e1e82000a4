// Files that pages load: named by their content, so that browsers may keep them for good and never have an older one.
import { hash } from 'node:crypto'
import type { Page } from './page.ts'
import { script } from './script.ts'
import { icon, style } from './style.ts'

interface Asset {
  /** Below the public URL. */
  readonly path: string
  readonly type: string
  readonly text: string
}

function asset(name: string, type: string, text: string): Asset {
  const [stem, ending] = name.split('.')
  return { path: `/assets/${stem}-${hash('sha256', text, 'hex').slice(0, 16)}.${ending}`, type, text }
}

export const styleSheet = asset('style.css', 'text/css; charset=utf-8', style)
export const scriptFile = asset('script.js', 'text/javascript; charset=utf-8', script)
export const iconFile = asset('icon.svg', 'image/svg+xml', icon)

/** What every page table with documents in it needs beside them. */
export const assetPages: readonly Page[] = [styleSheet, scriptFile, iconFile].map(({ path, type, text }) => ({
  method: 'GET',
  path,
  handle: () => ({
    status: 200,
    headers: ['Content-Type', type, 'Cache-Control', 'public, max-age=31536000, immutable'],
    body: text,
  }),
}))
