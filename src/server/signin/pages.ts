// The SAML sign-in endpoint (IAM User Guide, "Enabling SAML 2.0 federated principals to access the AWS Management Console"; SAML
// 2.0 profiles 4.1 and 4.4): every page of it.
import type { Page } from '../pages/page.ts'
import { consumerPages } from './consumer.ts'
import { loginPages } from './login.ts'
import { logoutPages } from './logout.ts'
import { metadataPages } from './metadata.ts'
import type { SignInParts } from './parts.ts'
import { signInPages } from './sign-in.ts'

export const samlSignInPages = (parts: SignInParts): readonly Page[] => [
  ...consumerPages(parts),
  ...signInPages(parts),
  ...loginPages(parts),
  ...metadataPages(parts),
  ...logoutPages(parts),
]
