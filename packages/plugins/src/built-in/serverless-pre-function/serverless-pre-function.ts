import type { Plugin } from '../../contract/plugin.ts'
import { serverlessPlugin } from '../../serverless/serverless-plugin.ts'

export default serverlessPlugin('serverless-pre-function', 10000) satisfies Plugin
