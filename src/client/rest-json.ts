// Answers of restJson1 services, as Hallpass's own clients read them (Smithy, "AWS restJson1 protocol").

/** The object in a body; an empty one where there is none. */
export function bodyObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** The code of an error as x-amzn-errortype or `__type` has it: before a colon, after a namespace and `#`. */
export const errorCode = (type: string): string => type.replace(/:.*$/, '').replace(/^.*#/, '')
