// What instance metadata says of the machine, beside credentials (Amazon EC2 User Guide, "Instance metadata categories"): the tree of
// /latest, with what is known alone. Nothing is made up: a client that finds a path missing does without it.

/** What is known of the machine. */
export interface InstanceFacts {
  readonly accountId?: string | undefined
  readonly instanceId?: string | undefined
  readonly region?: string | undefined
  readonly availabilityZone?: string | undefined
  readonly hostname?: string | undefined
  readonly localIpv4?: string | undefined
  readonly amiId?: string | undefined
  readonly instanceType?: string | undefined
  /** `x86_64`, `arm64`. */
  readonly architecture?: string | undefined
  readonly tags: ReadonlyMap<string, string>
}

/** A folder of the tree. A text is the body of its path. */
export interface Folder {
  readonly [name: string]: Folder | string | undefined
}

/** All paths but those of credentials. */
export function treeOf(facts: InstanceFacts): Folder {
  const { instanceId, region, hostname, localIpv4, amiId, instanceType, tags } = facts
  // botocore takes the region from the zone, without its letter.
  const zone = facts.availabilityZone ?? (region === undefined ? undefined : `${region}a`)
  return {
    'meta-data': {
      'ami-id': amiId,
      hostname,
      'instance-id': instanceId,
      'instance-type': instanceType,
      'local-hostname': hostname,
      'local-ipv4': localIpv4,
      placement: { 'availability-zone': zone, region },
      tags: tags.size === 0 ? undefined : { instance: Object.fromEntries(tags) },
    },
    dynamic: {
      'instance-identity': {
        document: prettyJson({
          accountId: facts.accountId,
          architecture: facts.architecture,
          availabilityZone: zone,
          imageId: amiId,
          instanceId,
          instanceType,
          privateIp: localIpv4,
          region,
          version: '2017-09-30',
        }),
      },
    },
  }
}

/** JSON as the service prints it: a member a line, blanks around the colon. */
export function prettyJson(members: Readonly<Record<string, string | undefined>>): string {
  const lines = Object.entries(members).flatMap(([name, value]) =>
    value === undefined ? [] : [`  ${JSON.stringify(name)} : ${JSON.stringify(value)}`],
  )
  return `{\n${lines.join(',\n')}\n}`
}

/** The names of a folder, a line each, those of folders with a slash. Of tags, AWS lists the keys as they are. */
export const listing = (folder: Folder): string =>
  Object.entries(folder)
    .filter(([, node]) => node !== undefined && (typeof node === 'string' || Object.values(node).some(Boolean)))
    .map(([name, node]) => (typeof node === 'string' ? name : `${name}/`))
    .sort()
    .join('\n')

/** What stands at a path of names. */
export function nodeAt(folder: Folder, path: readonly string[]): Folder | string | undefined {
  let node: Folder | string | undefined = folder
  for (const name of path) {
    if (node === undefined || typeof node === 'string' || !Object.hasOwn(node, name)) return undefined
    node = node[name]
  }
  return node
}
