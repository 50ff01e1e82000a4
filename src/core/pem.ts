// PEM (RFC 7468), strictly: blocks of one label, and blank lines or text between them.
import { base64Bytes } from './base64.ts'

const mostBlocks = 64

/** The bytes of every block with that label, in order; undefined if there is none, or one that is not whole. */
export function readPem(text: string, label: string): readonly Buffer[] | undefined {
  const [, ...rest] = text.split(`-----BEGIN ${label}-----`)
  if (rest.length === 0 || rest.length > mostBlocks) return undefined
  const blocks: Buffer[] = []
  for (const part of rest) {
    const end = part.indexOf(`-----END ${label}-----`)
    if (end < 0) return undefined
    const bytes = base64Bytes(part.slice(0, end).replace(/[\r\n\t ]/g, ''))
    if (bytes === undefined) return undefined
    blocks.push(bytes)
  }
  return blocks
}

/** Whether there is a private key in a text where certificates or public keys are expected: kept, it would be in every backup. */
export const holdsPrivateKey = (text: string): boolean => /PRIVATE KEY/.test(text)

/** One block, in lines of 64 characters. */
export const writePem = (der: Buffer, label: string): string =>
  `-----BEGIN ${label}-----\n${der.toString('base64').replace(/(.{64})(?=.)/g, '$1\n')}\n-----END ${label}-----\n`
