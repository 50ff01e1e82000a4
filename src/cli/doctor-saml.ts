// SAML providers whose metadata should be looked at: see service/saml/warnings.ts.
import { samlProviderArn } from '../core/arn.ts'
import { samlProviders } from '../service/records.ts'
import { metadataWarnings } from '../service/saml/warnings.ts'
import { everything } from '../store/everything.ts'
import type { Reader } from '../store/store.ts'
import { type Finding, note } from './finding.ts'

/** As many as are named. */
const shown = 5

export async function samlMetadata(store: Reader, now: Date): Promise<readonly Finding[]> {
  const found: Finding[] = []
  for (const { account, name, metadata } of await everything(store, samlProviders)) {
    for (const says of metadataWarnings(metadata, now)) {
      const about = `${samlProviderArn(account, name)}: ${says}`
      found.push(note('SAML provider', about, 'upload its metadata of today (UpdateSAMLProvider)'))
    }
  }
  const more = found.length - shown
  return more <= 0 ? found : [...found.slice(0, shown), note('SAML provider', `${more} more of the kind`)]
}
