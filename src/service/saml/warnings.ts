// What of a provider's metadata somebody should be told, for doctor and for pages that list providers: certificates that ended or
// end soon, metadata that ended or is not taken today. A certificate's dates decide nothing here, as at AWS; a provider that is
// about to change its key often says so by them.
import { readMetadata } from '../../federation/saml/metadata.ts'

const soonMs = 30 * 86_400_000

/** In sentences, the gravest first; none where all is well. */
export function metadataWarnings(metadata: string, now: Date): readonly string[] {
  const read = readMetadata(metadata)
  if ('rejected' in read) return [`its metadata is not taken any more: ${read.detail}`]
  const { validUntil, certificates } = read.provider
  const ended = validUntil !== undefined && validUntil <= now ? [`its metadata ended on ${day(validUntil)}`] : []
  const ending = certificates
    .filter(({ notAfter }) => notAfter.getTime() - now.getTime() <= soonMs)
    .map(({ subject, notAfter }) => {
      const ends = notAfter <= now ? 'ended' : 'ends'
      return `the signing certificate of ${subject} ${ends} on ${day(notAfter)}`
    })
  return [...ended, ...ending]
}

const day = (time: Date) => time.toISOString().slice(0, 10)
