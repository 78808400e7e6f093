// Loaded into a server's process by `--import`: it ends when the benchmark that reads from it is gone, however that ended.
process.stdin.on('end', () => process.exit(0)).resume();

export {};
