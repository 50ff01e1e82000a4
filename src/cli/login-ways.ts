// The ways in which `hallpass login` gets its tokens: from a browser on this machine, by a code that is pasted, and with a device code.
import { setTimeout } from 'node:timers/promises'
import { Failure } from '../app/failure.ts'
import { listenForCode } from '../client/loopback.ts'
import {
  askForDevice,
  authorizeUrl,
  exchangeCode,
  isAnswer,
  newCodeRequest,
  type ServerAnswer,
  type SignInServer,
  token,
} from '../client/sign-in-server.ts'
import { printable } from '../core/printable.ts'
import { commandLineClient, deviceGrant, oauthPaths, type TokenAnswer } from '../wire/sign-in-oauth.ts'
import type { World } from './command.ts'

const waitMinutes = 5

/** The browser brings the code back to this machine. `openPage` undefined: the person opens the page themselves. */
export async function signInByBrowser(
  server: SignInServer,
  world: World,
  openPage: World['openPage'],
): Promise<TokenAnswer> {
  const loopback = await listenForCode().catch((error: NodeJS.ErrnoException) => {
    throw new Failure(`this machine lets nothing listen on 127.0.0.1 (${error.code ?? error.message})`)
  })
  try {
    const request = newCodeRequest(loopback.redirectUri)
    const page = authorizeUrl(server, request)
    const returned = loopback.wait(request.state, waitMinutes * 60_000)
    openPage?.(page)
    world.err(
      openPage === undefined ? 'Sign in with a browser on this machine:' : 'Sign in with your browser. If none opened:',
    )
    world.err(`  ${page}`)
    world.err(`Waiting ${waitMinutes} minutes for it; Ctrl-C ends this.`)
    const answer = await returned
    if (answer === 'late')
      throw new Failure(`nobody signed in within ${waitMinutes} minutes: run \`${world.invocation} login\` again`)
    if ('refused' in answer) throw new Failure(`${server.url}: ${answer.refused}`)
    return exchanged(await exchangeCode(server, answer.code, request))
  } finally {
    loopback.close()
  }
}

/** The browser is on another machine: the person pastes what it shows. */
export async function signInByCode(server: SignInServer, world: World): Promise<TokenAnswer> {
  const request = newCodeRequest(server.url + oauthPaths.code)
  world.err('Sign in with a browser on any machine of yours:')
  world.err(`  ${authorizeUrl(server, request)}`)
  const code = await world.question('It shows a code. Paste it here: ')
  if (!code) throw new Failure(`no code: run \`${world.invocation} login\` again`)
  return exchanged(await exchangeCode(server, code, request))
}

/** The person types a code in a browser anywhere (RFC 8628). */
export async function signInByDevice(server: SignInServer, world: World): Promise<TokenAnswer> {
  const asked = answered(await askForDevice(server))
  world.err('Sign in with a browser on any machine of yours, and type this code there. Give it to nobody.')
  world.err(`  ${printable(asked.verification_uri)}`)
  world.err(`  ${printable(asked.user_code)}`)
  const end = world.clock().getTime() + asked.expires_in * 1000
  let interval = asked.interval
  while (world.clock().getTime() < end) {
    await setTimeout(interval * 1000)
    const form = { grant_type: deviceGrant, client_id: commandLineClient.id, device_code: asked.device_code } as const
    const answer = await token(server, form)
    if (isAnswer(answer)) return answer
    const isBusy =
      'refused' in answer && (answer.refused === 'slow_down' || answer.refused === 'temporarily_unavailable')
    // RFC 8628 section 3.5: five seconds more each time, also where no answer came.
    if (isBusy || 'failed' in answer) interval += 5
    else if (answer.refused !== 'authorization_pending') return exchanged(answer)
  }
  throw new Failure(`the code was not typed in time: run \`${world.invocation} login --device\` again`)
}

/** @throws Failure with the server's words */
function answered<T extends object>(answer: ServerAnswer<T>): T {
  if (isAnswer(answer)) return answer
  throw new Failure('failed' in answer ? answer.failed : answer.message)
}

/** What the token endpoint gave. @throws Failure, also for an answer that is none of it */
function exchanged(answer: ServerAnswer<TokenAnswer>): TokenAnswer {
  const tokens = answered(answer)
  const { access_token: access, refresh_token: refresh, expires_in: seconds } = tokens
  if (typeof access !== 'string' || typeof refresh !== 'string' || typeof seconds !== 'number')
    throw new Failure('the server answered without tokens')
  return tokens
}
