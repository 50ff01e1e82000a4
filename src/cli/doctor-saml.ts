// Doctor's check of SAML providers: reports metadata that needs the operator's attention (service/saml/warnings.ts).
import { samlProviderArn } from '../core/arn.ts'
import { samlProviders } from '../service/records.ts'
import { metadataWarnings } from '../service/saml/warnings.ts'
import { everything } from '../store/everything.ts'
import type { Reader } from '../store/store.ts'
import { type Finding, note } from './finding.ts'

/** How many warnings are reported one by one. */
const maxNamed = 5

export async function checkSamlMetadata(store: Reader, now: Date): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (const { account, name, metadata } of await everything(store, samlProviders)) {
    for (const says of metadataWarnings(metadata, now)) {
      const about = `${samlProviderArn(account, name)}: ${says}`
      findings.push(note('SAML provider', about, 'upload its current metadata (UpdateSAMLProvider)'))
    }
  }
  const more = findings.length - maxNamed
  return more <= 0 ? findings : [...findings.slice(0, maxNamed), note('SAML provider', `${more} more such warnings`)]
}
