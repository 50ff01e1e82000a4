// Reads our own pages as a tree, for tests of what tools find in them. Knows no more of HTML than our pages use.

export interface Element {
  readonly tag: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: readonly Element[]
  /** Of itself and all within, as a tool reads it. */
  readonly text: string
}

interface Open {
  readonly tag: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: Element[]
  text: string
}

const withoutEnd = new Set(['meta', 'link', 'input', 'img', 'br', 'hr'])
const signs: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }
const unescaped = (text: string) => text.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => signs[name] ?? '')

/** Throws for a page whose tags do not match. */
export function readHtml(page: string): Element {
  const root: Open = { tag: '', attributes: new Map(), children: [], text: '' }
  const open: Open[] = [root]
  for (const [whole, end, tag, attributes] of page.matchAll(
    /<(\/?)([a-z0-9]+)((?:\s[^<>]*?)?)>|<!doctype html>|[^<]+|</g,
  )) {
    const current = open.at(-1)
    if (current === undefined) throw new Error('a tag too many is closed')
    if (tag === undefined) {
      if (whole === '<') throw new Error('a < that begins no tag')
      if (!whole.startsWith('<')) for (const one of open) one.text += unescaped(whole)
    } else if (end === '/') {
      if (current.tag !== tag) throw new Error(`${current.tag} is closed by ${tag}`)
      open.pop()
      open.at(-1)?.children.push(current)
    } else {
      const pairs = [...(attributes ?? '').matchAll(/([\w-]+)(?:="([^"]*)")?/g)]
      const element: Open = {
        ...{ tag, children: [], text: '' },
        attributes: new Map(pairs.map(([, name = '', value = '']) => [name, unescaped(value)])),
      }
      if (withoutEnd.has(tag)) current.children.push(element)
      else open.push(element)
    }
  }
  if (open.length !== 1) throw new Error(`${open.at(-1)?.tag} is not closed`)
  return root
}

/** All elements below, in order. */
export const below = (element: Element): readonly Element[] =>
  element.children.flatMap((child) => [child, ...below(child)])

export const hasClass = ({ attributes }: Element, name: string) =>
  (attributes.get('class') ?? '').split(/\s+/).includes(name)
