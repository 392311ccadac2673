import neostandard from 'neostandard'

// The arrows of docs/architecture.md. A package that is not declared in package.json is refused by
// n/no-extraneous-import; reaching into another package's folder is refused here.
const doorsOnly = {
  'no-restricted-imports': ['error', {
    patterns: [
      { group: ['@clinch/*/*', '!@clinch/plugins/testing'], message: 'Import a package through its door (src/index.ts).' },
      { regex: '^(\\.\\./)+(packages|schema|ocsp-core|store|plugins|admin-api|data-plane|gateway)/', message: 'Import a neighbour by its package name.' }
    ]
  }]
}

const typed = {
  files: ['packages/**/*.ts', 't/**/*.ts', 'bench/**/*.ts', 'scripts/**/*.ts'],
  languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
  rules: {
    '@typescript-eslint/no-floating-promises': 'error',
    '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false, attributes: false, properties: false } }],
    '@typescript-eslint/switch-exhaustiveness-check': 'error',
    '@typescript-eslint/no-explicit-any': 'error',
    '@typescript-eslint/consistent-type-imports': 'error'
  }
}

export default [
  ...neostandard({ ts: true, ignores: ['node_modules/', '.tap/', 'data/'] }),
  typed,
  {
    files: ['packages/**/*.ts'],
    rules: {
      ...doorsOnly,
      'n/no-extraneous-import': 'error',
      'n/prefer-node-protocol': 'error'
    }
  },
  { rules: { 'n/prefer-node-protocol': 'error', '@stylistic/comma-dangle': ['error', 'never'] } },
  // tap's callbacks return promises that tap awaits
  { files: ['t/**/*.ts'], rules: { '@typescript-eslint/no-floating-promises': ['error', { allowForKnownSafeCalls: [{ from: 'package', name: ['test', 'before', 'beforeEach', 'teardown'], package: '@tapjs/test' }] }] } },
  { files: ['packages/plugins/template/*.test.ts'], rules: { '@typescript-eslint/no-floating-promises': ['error', { allowForKnownSafeCalls: [{ from: 'package', name: 'test', package: 'node:test' }] }] } }
]
