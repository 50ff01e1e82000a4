// What `hallpass/credentials` takes and gives.

/** Temporary credentials, as AWS's SDKs take them. */
export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  readonly expiration: Date
  readonly accountId?: string
}

/**
 * A provider for AWS's SDK for JavaScript v3 (`credentials` of a client), or for anything else that asks. One serves a whole program: many
 * who ask at once are answered by one request. A set is renewed at half of its lifetime, or as 20 minutes are left; while Hallpass gives no
 * answer the last one is given as long as it is valid; after a refusal, none. A set for which nobody asks is not renewed.
 *
 * Rejects SourceRefused when Hallpass said no, and an error with a sentence (`NoAnswer`, most often) when there was no answer and no set is
 * left. SDKs that look for credentials in several places do not go on after either.
 */
export interface CredentialProvider {
  (): Promise<Credentials>
  /** Ends renewal. Asking afterwards is an error. */
  close(): void
}

export interface RenewalOptions {
  /** Gets a sentence when renewal begins to fail, and when it succeeds again: for a log. It holds no secret. */
  readonly report?: (says: string) => void
}

export interface EndpointOptions {
  /** The URL of Hallpass's APIs; by default AWS_ENDPOINT_URL_STS (or _ROLESANYWHERE), or AWS_ENDPOINT_URL. AWS itself is never asked. */
  readonly endpoint?: string
  /** A file of certificate authorities to trust instead of the system's (PEM); by default AWS_CA_BUNDLE. */
  readonly caFile?: string
}

export interface SignInOptions extends RenewalOptions {
  /** The public URL of Hallpass, at which somebody is signed in by `hallpass login`; by default HALLPASS_URL. */
  readonly url?: string
  /** The ARN of one of the person's roles. */
  readonly role?: string
  /** Instead of a role: what the person may have in this account. */
  readonly account?: string
  /** Of a session, from 900; by default as long as the role is given for. */
  readonly durationSeconds?: number
}

export interface MachineOptions extends RenewalOptions {
  /** The machine's enrolment, which `hallpass machines join` writes; by default HALLPASS_MACHINE_FILE, or the file in the user's state folder. */
  readonly file?: string
  /** One of the machine's tasks; by default the role of its instance profile. */
  readonly task?: string
  /** Of a session, from 900; by default six hours, or as long as the role allows. */
  readonly durationSeconds?: number
}

export interface ServiceOptions extends RenewalOptions {
  /** The public URL of Hallpass; by default HALLPASS_URL. */
  readonly url?: string
  /** The name of the declared service. */
  readonly service: string
  /** A file with the private key (PEM) whose public half is registered. */
  readonly privateKeyFile?: string
  /** Instead of a key: a file with a token of the issuer that the service's record names. It is read each time. */
  readonly tokenFile?: string
  /** A role that trusts the service. */
  readonly roleArn: string
  readonly roleSessionName: string
  /** The account of the role, on whose behalf the service acts. */
  readonly sourceAccount: string
  /** The resource on whose behalf it acts. */
  readonly sourceArn?: string
  /** Of a session, from 900; an hour by default. */
  readonly durationSeconds?: number
  /** As for the others. */
  readonly caFile?: string
}

export interface CertificateOptions extends RenewalOptions, EndpointOptions {
  /** A file with the certificate (PEM); those of its issuers may follow it. All files are read each time. */
  readonly certificateFile: string
  /** A file with its private key: RSA or an elliptic curve; PEM of PKCS #8, PKCS #1 or SEC 1, without a passphrase. */
  readonly privateKeyFile: string
  /** A file with certificates of its issuers (PEM). */
  readonly intermediatesFile?: string
  readonly trustAnchorArn: string
  readonly profileArn: string
  readonly roleArn: string
  /** Only where the profile accepts one. */
  readonly roleSessionName?: string
  /** Of a session, from 900; by default the profile's. */
  readonly durationSeconds?: number
  /** By default the trust anchor's. */
  readonly region?: string
}

export interface WebIdentityOptions extends RenewalOptions, EndpointOptions {
  /** A file with an OpenID Connect token, which is read each time; by default AWS_WEB_IDENTITY_TOKEN_FILE. */
  readonly tokenFile?: string
  /** By default AWS_ROLE_ARN. */
  readonly roleArn?: string
  /** By default AWS_ROLE_SESSION_NAME, or `hallpass`. */
  readonly roleSessionName?: string
  /** Of a session, from 900; an hour by default. */
  readonly durationSeconds?: number
  /** An inline session policy, as JSON. */
  readonly policy?: string
  /** ARNs of managed session policies. */
  readonly policyArns?: readonly string[]
}

/** A key, long-lived or temporary. */
export interface AccessKey {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

export interface AssumeRoleOptions extends RenewalOptions, EndpointOptions {
  /**
   * What the request is signed with: a key, or a provider such as `fromMachine()`, which is asked each time. By default
   * AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN.
   */
  readonly credentials?: AccessKey | (() => Promise<AccessKey>)
  readonly roleArn: string
  /** `hallpass` by default. */
  readonly roleSessionName?: string
  readonly externalId?: string
  /** Of a session, from 900; an hour by default, which is also the most for a role that another role assumes. */
  readonly durationSeconds?: number
  /** Session tags. */
  readonly tags?: Readonly<Record<string, string>>
  readonly transitiveTagKeys?: readonly string[]
  readonly sourceIdentity?: string
  /** An inline session policy, as JSON. */
  readonly policy?: string
  /** ARNs of managed session policies. */
  readonly policyArns?: readonly string[]
  /** In the signature's scope; by default AWS_REGION, AWS_DEFAULT_REGION, or us-east-1. */
  readonly region?: string
}
