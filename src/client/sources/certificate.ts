// Credentials of IAM Roles Anywhere, for the key of a certificate that a trust anchor's authority issued.
import type { CredentialSource } from '../credential-source.ts'
import { createSession, readCertificateKey, type SessionRequest } from '../roles-anywhere.ts'
import { fileText } from '../text-file.ts'

export interface CertificateFiles {
  /** PEM. Those of its issuers may follow it. */
  readonly certificate: string
  /** PEM. */
  readonly privateKey: string
  /** PEM of issuers' certificates. */
  readonly intermediates?: string
}

/** The files are read each time: whoever issues certificates renews them. */
export const certificateSource = (
  request: SessionRequest,
  files: CertificateFiles,
  { clock, ca }: { readonly clock: () => Date; readonly ca?: () => string },
): CredentialSource => ({
  name: `the certificate in ${files.certificate}, for ${request.roleArn} at ${request.endpoint.origin}`,
  async fetch(signal) {
    const { certificate, privateKey, intermediates } = files
    const proof = readCertificateKey(
      fileText(certificate, 'the certificate'),
      fileText(privateKey, 'its private key'),
      intermediates === undefined ? '' : fileText(intermediates, 'its intermediates'),
    )
    return createSession(request, proof, { now: clock(), signal, ...(ca === undefined ? {} : { ca: ca() }) })
  },
})
