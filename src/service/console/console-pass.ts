// Which credentials open a console, for how long, and the pass that the console has of its own (IAM User Guide, "Enable
// custom identity broker access to the AWS console" and "Methods to assume a role").
import type { Keys, Pass } from '../../core/identity.ts'
import { accessKeyId } from '../../core/ids.ts'
import { Secret } from '../../core/secret.ts'
import { maxChain } from '../session/lineage.ts'

/** What SessionDuration may be, in seconds. */
export const shortestConsole = 900
export const longestConsole = 43_200

/** Why credentials of a kind open no console; role sessions and federated users do. */
const refusedKinds: Readonly<Partial<Record<Pass['kind'], string>>> = {
  user: 'credentials of GetSessionToken, or of aws login, open no console',
  'root-task': 'credentials of AssumeRoot open no console',
}

/**
 * Why these credentials open no console, or none of the length that was asked for; undefined: they do.
 *
 * DIVERGES: AWS opens no console for a session that was chained with a DurationSeconds. A pass does not keep whether one was
 * given; the console ends with the credentials, and nothing is gained.
 */
export function consoleProblem(pass: Pass, duration: number | undefined, now: Date): string | undefined {
  const { kind, vouched, ancestors } = pass
  const refused = refusedKinds[kind]
  if (refused !== undefined) return refused
  // DIVERGES: credentials of an identity pool's guests open no console; AWS has no such rule. A guest is anybody, and a
  // console session is a record in the store.
  if (!vouched) return 'credentials that nobody vouches for, as a guest’s, open no console'
  if (ancestors.length > maxChain) return 'the chain of roles behind the credentials is too long for a console'
  if (duration === undefined) return undefined
  if (duration < shortestConsole || duration > longestConsole) {
    return `SessionDuration is from ${shortestConsole} to ${longestConsole} seconds`
  }
  if (kind === 'federated-user') return 'SessionDuration is not for credentials of GetFederationToken'
  if (!isFirstHand(pass)) return 'SessionDuration is not for credentials of role chaining, or of an instance'
  // DIVERGES: whether AWS opens a console beyond SessionNotOnOrAfter is not known. What the provider said stands.
  const ends = Math.floor(now.getTime() / 1000) + duration
  return pass.bounded && ends > pass.expiresAt
    ? 'the proof of the credentials says when the session ends, and SessionDuration is longer'
    : undefined
}

/**
 * Whether a role was assumed with a long-term key, or with a proof by whoever it is about: alone these consoles may last
 * longer than the credentials. INVARIANT: what is not known to be so is not: neither sessions that descend from another, nor
 * those that a service delivers to an instance or a container.
 */
function isFirstHand({ ancestors, by, keys }: Pass): boolean {
  if (isDelivered(keys)) return false
  const [parent, ...more] = ancestors
  if (parent !== undefined) return more.length === 0 && parent.id.startsWith('AKIA')
  // A proof's is `provider subject`; a service's is its name alone.
  return by.includes(' ')
}

const isDelivered = (keys: Keys) => keys.has('ec2:roledelivery') || keys.has('ec2:sourceinstancearn')

/**
 * A pass for the console alone: what the credentials may do, under an id, key and secret of its own. They are its ancestor,
 * so that it ends when they are revoked, and not the other way round: a sign-out leaves a program its credentials. It counts
 * as issued when they were: a policy against older sessions (`aws:TokenIssueTime`) reaches it as it reaches them.
 */
export function consolePass(pass: Pass, endsAt: number, random: (bytes: number) => Buffer): Pass {
  const { id, principal, version, account, ancestors } = pass
  return {
    ...pass,
    id: random(16).toString('hex'),
    accessKeyId: accessKeyId('ASIA', account, random(5)),
    secret: new Secret(random(30).toString('base64')),
    expiresAt: endsAt,
    ancestors: [...ancestors, { id, principal, version, account }],
  }
}
