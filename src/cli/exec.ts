// hallpass exec: runs a program with credentials of one of the person's roles. It gets no key, but the
// address of an endpoint on this machine, which AWS's SDKs ask, and ask again while the program runs.
import { devNull } from 'node:os'
import { serveCredentials } from '../client/container-endpoint.ts'
import { endpointVariables } from '../client/endpoints.ts'
import type { KeptSignIn } from '../client/kept-sign-in.ts'
import { eachMinute, renewed } from '../client/renewing.ts'
import { signInSource, type Wanted } from '../client/sources/sign-in.ts'
import type { RolesAnswer } from '../wire/broker-api.ts'
import type { Command, Environment } from './command.ts'
import { apiUrlOf, askForOffers, chosenOffer, type Offer, offerOptions } from './offers.ts'
import { asFailure, chosenSignIn, signInUse, urlOption } from './signed-in.ts'

export const exec: Command = {
  name: 'exec',
  takes: 'COMMAND [ARGUMENT...]',
  says: 'Run a program with credentials of one of your roles, which renew while it runs: hallpass exec --role R -- aws s3 ls.',
  options: { ...offerOptions, url: urlOption },
  settings: [],
  async run(input, world) {
    const signIn = chosenSignIn(input, world)
    const answer = await askForOffers(signIn, world)
    const offer = await chosenOffer(answer, input, world)
    const wanted: Wanted = offer.arn === undefined ? { account: offer.account } : { role: offer.arn }
    const source = signInSource(signIn, signInUse(world), wanted)
    const credentials = renewed(source, { clock: world.clock, pace: eachMinute })
    // A program starts with credentials, or not at all.
    await credentials.current().catch((error) => {
      throw asFailure(error)
    })
    const endpoint = await serveCredentials(credentials)
    try {
      return await world.runProgram(
        input.rest,
        environmentFor(world.environment, endpoint.variables, { signIn, answer, offer }),
      )
    } finally {
      endpoint.close()
      credentials.close()
    }
  },
}

interface Session {
  readonly signIn: KeptSignIn
  readonly answer: RolesAnswer
  readonly offer: Offer
}

/** Variables of AWS's that are no source of credentials, and lead to none. */
const inherited = /^AWS_(REGION|DEFAULT_REGION|CA_BUNDLE|DEFAULT_OUTPUT|PAGER|CLI_\w+|MAX_ATTEMPTS|RETRY_MODE)$/

/**
 * INVARIANT: the program has these credentials or none. Other variables of AWS's, the person's own files, and the machine's metadata
 * could give others: SDKs look at most of them before this endpoint.
 */
function environmentFor(
  environment: Environment,
  endpoint: Readonly<Record<string, string>>,
  { signIn, answer, offer }: Session,
): Environment {
  const kept = Object.entries(environment).filter(([name]) => !name.startsWith('AWS_') || inherited.test(name))
  const region = environment.AWS_REGION || environment.AWS_DEFAULT_REGION || answer.region
  const isHere = offer.target === undefined
  return {
    ...Object.fromEntries(kept),
    ...{ AWS_REGION: region, AWS_DEFAULT_REGION: region },
    ...(signIn.caBundle === undefined || !isHere ? {} : { AWS_CA_BUNDLE: signIn.caBundle }),
    ...(isHere ? Object.fromEntries(endpointVariables(apiUrlOf(answer, signIn))) : {}),
    ...{ AWS_CONFIG_FILE: devNull, AWS_SHARED_CREDENTIALS_FILE: devNull, AWS_EC2_METADATA_DISABLED: 'true' },
    ...endpoint,
  }
}
