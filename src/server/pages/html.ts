// HTML as a template tag that escapes what is put in by where it stands (HTML 13.1, OWASP XSS prevention). Where a value could
// be more than text (a tag, a name, an event, a script, a style) there is no way to put one.

/** Text that is HTML already. INVARIANT: only `html` makes it; an object that looks like it is none. */
class Markup {
  readonly #html: string
  constructor(html: string) {
    this.#html = html
  }
  get html() {
    return this.#html
  }
}
export type Html = Markup

/**
 * The tag of a script that is a file of this site, named by its content.
 * @throws TypeError for any other path
 */
export function scriptTag(path: string): Html {
  if (!/^\/(?:[\w.-]+\/)*assets\/[a-z]+-[0-9a-f]{16}\.js$/.test(path))
    throw new TypeError('a script is a file of this site')
  return new Markup(`<script src="${path}" defer></script>`)
}

type Piece = string | number | Html | readonly Html[]

/**
 * HTML with values put in, between tags or in attributes in double quotes.
 * @throws TypeError for a template with inline scripts, styles or events, for a value in any other place, and for a link
 * that is neither a path of this site nor of http(s)
 */
export function html(fixed: TemplateStringsArray, ...values: readonly Piece[]): Html {
  const places = placesOf(fixed)
  if (places.at(-1)?.attribute !== undefined || places.at(-1) === undefined) throw new TypeError('a tag is not closed')
  const out = fixed.map((text, at) => (at === 0 ? text : written(values[at - 1] ?? '', places[at - 1]) + text))
  return new Markup(out.join(''))
}

function written(value: Piece, place: Place | undefined): string {
  if (place === undefined) throw new TypeError('a value stands neither between tags nor in a quoted attribute')
  const isText = typeof value === 'string' || typeof value === 'number'
  if (place.attribute === undefined) return isText ? escaped(String(value)) : joined(value)
  if (!isText) throw new TypeError(`HTML cannot be put into the attribute ${place.attribute}`)
  return escaped(links.has(place.attribute) ? linked(String(value), place.isStart) : String(value))
}

function joined(value: Html | readonly Html[]): string {
  const parts = Array.isArray(value) ? value : [value]
  if (!parts.every((part) => part instanceof Markup)) throw new TypeError('what is not a text must be HTML')
  return parts.map((part) => part.html).join('')
}

/** A whole link, or a part of one after what the template begins it with. */
function linked(value: string, isStart: boolean): string {
  if (!isStart) return encodeURIComponent(value)
  if (!/^(?:\/(?![/\\])|https?:\/\/)[^\s\\]*$/.test(value)) throw new TypeError('a link leads nowhere that is known')
  return value
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const escaped = (text: string) => text.replace(/[&<>"']/g, (sign) => entities[sign] ?? '')

/** Attributes that hold a URL. */
const links = new Set(['href', 'src', 'action', 'formaction'])
/** Attributes that would run, style or load something in ways that no page here needs. */
const refused = /^(?:on.*|style|srcdoc|srcset|ping|background|data|poster|xlink:href|http-equiv)$/

/** Where a value stands: between tags, or in an attribute, at its start or after fixed text. */
interface Place {
  readonly attribute?: string
  readonly isStart: boolean
}

/** The place of each value, by the fixed text before it. Values never change it: escaped, they end nothing. */
function placesOf(fixed: readonly string[]): readonly (Place | undefined)[] {
  let state: 'text' | 'tag' | 'value' = 'text'
  let attribute = ''
  return fixed.map((text) => {
    let begun = -1
    for (let at = 0; at < text.length; at++) {
      const sign = text[at]
      if (state === 'text') {
        if (sign !== '<') continue
        if (/^<(?:!--|script\b|style\b)/i.test(text.slice(at, at + 8)))
          throw new TypeError('no script, style or comment')
        state = 'tag'
      } else if (state === 'value') {
        if (sign === '"') state = 'tag'
      } else if (sign === '>') {
        state = 'text'
      } else if (sign === "'" || (sign === '=' && text[at + 1] !== '"')) {
        throw new TypeError('attributes stand in double quotes')
      } else if (sign === '"') {
        attribute = /([\w:-]+)=$/.exec(text.slice(0, at))?.[1]?.toLowerCase() ?? ''
        if (attribute === '' || refused.test(attribute)) throw new TypeError(`no attribute ${attribute} in a page`)
        state = 'value'
        begun = at + 1
      }
    }
    if (state === 'text') return { isStart: true }
    return state === 'value' ? { attribute, isStart: begun === text.length } : undefined
  })
}
