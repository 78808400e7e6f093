// Ranks, lowest first: a file may import from its own rank or a lower one.
const ranks = [
  [
    'errors',
    '^src/(errors|logger|loopback|printable|known-secrets|invocation|make-folder|places|system-code)\\.ts$',
  ],
  ['definitions', '^src/(events|dimensions|columns)/'],
  ['marketing-cloud-and-store', '^src/(marketing-cloud|tracking-extract|store)/'],
  ['bi', '^src/bi/'],
  ['pipeline-and-export', '^src/(pipeline|export)/'],
  ['operations', '^src/operations/'],
  ['cli', '^src/cli/'],
];

const upward = ranks.slice(0, -1).map(([name, path], rank) => ({
  name: `no-upward-import-from-${name}`,
  comment:
    'Imports go one way: errors < events, dimensions, columns < marketing-cloud | tracking-extract | store < bi < pipeline | export < operations < cli.',
  severity: 'error',
  from: { path },
  to: { path: ranks.slice(rank + 1).map(([, higher]) => higher) },
}));

/** A folder that outsiders enter through the named files only. */
const doors = (folder, ...files) => ({
  name: `doors-of-${folder.replace(/\W+/g, '-')}`,
  severity: 'error',
  from: { path: '^(src|simulator|scripts|bench)/', pathNot: `^${folder}/` },
  to: { path: `^${folder}/`, pathNot: `^${folder}/(${files.join('|')})\\.ts$` },
});

/** A package that only one place may use. */
const only = (packages, place) => ({
  name: `${packages.join('-')}-only-in-${place.replace(/\W+/g, '-')}`,
  severity: 'error',
  from: { path: '^(src|simulator)/', pathNot: place },
  to: { path: `^node_modules/(${packages.join('|')})/` },
});

module.exports = {
  forbidden: [
    ...upward,
    {
      name: 'marketing-cloud-and-store-never-meet',
      comment: 'Only pipeline knows both.',
      severity: 'error',
      from: { path: '^src/(marketing-cloud|tracking-extract|store)/' },
      to: { path: '^src/(marketing-cloud|tracking-extract|store)/', pathNot: '^src/$1/' },
    },
    {
      name: 'only-cli-reads-config',
      comment: 'Everything else is handed plain options.',
      severity: 'error',
      from: { path: '^(src|simulator)/', pathNot: '^src/(cli|config)/' },
      to: { path: '^src/config/' },
    },
    {
      name: 'config-knows-the-names-of-event-types-and-no-more',
      severity: 'error',
      from: { path: '^src/config/' },
      to: {
        path: '^src/',
        pathNot:
          '^src/(config/|(errors|logger|loopback|known-secrets|invocation|system-code|events/catalog)\\.ts$)',
      },
    },
    {
      name: 'product-knows-no-simulator-test-or-bench',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(simulator|test|bench)/' },
    },
    {
      name: 'simulator-imports-nothing-of-ours',
      comment: 'Client and simulator must be able to disagree about the wire format.',
      severity: 'error',
      from: { path: '^simulator/' },
      to: { path: '^src/' },
    },
    {
      name: 'migrations-are-frozen',
      comment: 'History does not change when a definition does.',
      severity: 'error',
      from: { path: '^migrations/' },
      to: { path: '^(src|simulator)/' },
    },
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphan',
      severity: 'error',
      // The script of the status page is for browsers, which get it as it is.
      from: { orphan: true, path: '^src/', pathNot: '^src/operations/http/page/page\\.js$' },
      to: {},
    },
    doors(
      'src/pipeline/planning',
      'forecast-backfill',
      'plan-run',
      'plan-dimensions',
      'tail-cover',
      'windows',
    ),
    doors('src/store/embedded', 'embedded-postgres'),
    doors('src/store/import/merge', 'event-groups', 'make-way', 'merge-slice'),
    doors('src/marketing-cloud/response/template', 'record-template', 'record-templates'),
    doors('src/tracking-extract/csv', 'csv-reader', 'split-records'),
    doors('src/tracking-extract/files', 'source-file', 'source-files', 'verify-archive'),
    doors('simulator/soap/query/rows', 'row-query'),
    doors('src/store/schema', 'migrate', 'queue-owner', 'reader-login', 'reader-role', 'schema-version'),
    only(['undici'], '^src/marketing-cloud/transport/'),
    only(['hyparquet-writer'], '^src/export/'),
    only(['yauzl'], '^src/tracking-extract/files/'),
    only(['ssh2'], '^src/tracking-extract/sftp/'),
    only(['sax'], '^(src/marketing-cloud|simulator)/'),
    only(['pg', 'knex', 'pg-boss'], '^src/store/'),
    only(['node-cron'], '^src/operations/'),
    only(['d3-scale', 'd3-shape'], '^(src/operations/http/page/chart|bench)/'),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default'],
    },
  },
};
