// What the enhanced flow lets a guest do at most, whatever the role allows (Amazon Cognito Developer Guide, "Access policies
// for unauthenticated identities"): an inline session policy, and a managed one of AWS's. Nothing else is scoped down so.

const whole = [
  ...['appsync', 'cloudwatch', 'cognito-identity', 'cognito-idp', 'cognito-sync', 'comprehend'],
  ...['dynamodb', 'execute-api', 'firehose', 'gamelift', 'geo', 'iot', 'kinesisanalytics', 'lambda', 'lex', 'logs'],
  ...['machinelearning', 'mobileanalytics', 'personalize', 'polly', 'rekognition', 's3', 'sdb', 'ses', 'sns', 'sqs'],
  ...['transcribe', 'translate'],
]

const parts = [
  ...['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'sagemaker:InvokeEndpoint'],
  ...['textract:DetectDocumentText', 'textract:AnalyzeDocument', 'sumerian:View*'],
]

/** The inline session policy. One text for all guests: it is compiled and packed once. */
export const guestPolicy = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: [...whole.map((service) => `${service}:*`), ...parts], Resource: '*' }],
})

export const guestManagedPolicy = 'arn:aws:iam::aws:policy/AmazonCognitoUnauthenticatedIdentities'
