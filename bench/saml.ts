// Responses verified in a second: ours beside a verifier on xml-crypto, in turns of one run, over the same response of about
// 5.5 KB with one RSA-2048 signature on its assertion.
import { secondVerifier } from '../conformance/saml/second-verifier.ts'
import { verifyResponse } from '../src/federation/saml/response.ts'
import {
  defaultAudience,
  defaultRecipient,
  defaultRole,
  roleAttribute,
  samlProvider,
  sessionNameAttribute,
} from '../src/federation/saml/testing/idp.ts'
import { median, spread, table } from './print.ts'

export function measureSaml(rounds: number, say: (line: string) => void): void {
  const provider = samlProvider()
  const now = new Date()
  const attributes = [
    [roleAttribute, [defaultRole]],
    [sessionNameAttribute, ['jane']],
    ['https://aws.amazon.com/SAML/Attributes/SessionDuration', ['3600']],
    ['https://aws.amazon.com/SAML/Attributes/PrincipalTag:Department', ['Engineering']],
    ['https://aws.amazon.com/SAML/Attributes/PrincipalTag:CostCenter', ['4711']],
  ] as const
  const response = provider.respond({ now, attributes })
  const expected = {
    ...{ provider: provider.compiled, decryptionKeys: [], encryption: 'none' as const, skewSeconds: 0 },
    ...{ recipients: [defaultRecipient], audiences: [defaultAudience] },
  }
  const verifiers = [
    {
      name: 'verifyResponse',
      run: () => {
        if ('rejected' in verifyResponse(response, expected, now)) throw new TypeError('the response must be accepted')
      },
    },
    {
      name: 'xml-crypto',
      run: () => secondVerifier(Buffer.from(response, 'base64').toString(), provider.compiled.signingKeys),
    },
  ]
  const costs = verifiers.map(() => [] as number[])
  for (let round = 0; round <= rounds; round++) {
    for (const [at, { run }] of verifiers.entries()) {
      const cost = time(run)
      if (round > 0) costs[at]?.push(cost)
    }
  }
  const peer = median(costs[1] ?? [])
  const rows = verifiers.map(({ name }, at) => {
    const cost = costs[at] ?? []
    const middle = median(cost)
    return [
      name,
      middle.toFixed(0),
      spread(cost, 0),
      Math.round(1e6 / middle).toLocaleString('en'),
      (peer / middle).toFixed(1),
    ]
  })
  say(`\nSAML responses of ${Buffer.from(response, 'base64').length.toLocaleString('en')} bytes, ${rounds} rounds`)
  say(table(['verifier', 'µs', 'min–max', 'per second', '× xml-crypto'], rows))
}

/** µs of processor time of one run, over a tenth of a second of it: others on the machine take their share of the clock, less of this. */
function time(run: () => unknown): number {
  const started = process.cpuUsage()
  let done = 0
  for (;;) {
    for (let i = 0; i < 5; i++) run()
    done += 5
    const { user, system } = process.cpuUsage(started)
    if (user + system > 100_000) return (user + system) / done
  }
}
