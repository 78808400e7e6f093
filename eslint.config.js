import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** Two places that offer the same thing are two answers to where it is. */
const noReexports = {
  selector: ':matches(ExportNamedDeclaration[source], ExportAllDeclaration)',
  message: 'Import it from the file that defines it.',
};

export default tseslint.config(
  { ignores: ['dist/', 'site/', 'data/', 'node_modules/', 'test/fixtures/', 'bench/results/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/consistent-type-assertions': ['error', { assertionStyle: 'never' }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      'no-duplicate-imports': 'error',
      'no-restricted-syntax': ['error', noReexports],
      curly: ['error', 'multi-or-nest', 'consistent'],
      'no-plusplus': 'error',
      // Counts and ids belong in messages; only objects are mistakes there.
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      'max-lines': ['error', { max: 220 }],
      'max-lines-per-function': ['error', { max: 50 }],
      'no-console': 'error',
    },
  },
  {
    // Nothing below the command line reads the clock or the environment: both are handed in.
    files: ['src/**/*.ts'],
    ignores: ['src/cli/**'],
    rules: {
      'no-restricted-syntax': [
        'error',
        noReexports,
        {
          selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']",
          message: 'Take now() as a dependency.',
        },
        {
          selector: "NewExpression[callee.name='Date'][arguments.length=0]",
          message: 'Take now() as a dependency.',
        },
        {
          selector: "MemberExpression[object.name='process'][property.name='env']",
          message: 'Only cli/ reads the environment.',
        },
      ],
    },
  },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts', 'scripts/**/*.ts', 'migrations/**/*.ts'],
    rules: {
      'max-lines': ['error', { max: 400 }],
      'max-lines-per-function': 'off',
      'no-console': 'off',
    },
  },
  {
    files: ['src/cli/**/*.ts', 'simulator/**/*.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['**/*.js', '**/*.mjs', '**/*.cjs'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly' } },
  },
  {
    // For browsers, as it is.
    files: ['scripts/docs/theme/site.js'],
    languageOptions: {
      sourceType: 'script',
      globals: { document: 'readonly', window: 'readonly', HTMLInputElement: 'readonly' },
    },
  },
);
