// Loaded by `--import` before a command: its `Date` runs SHIFTED_MS ahead of the machine's; timers are as they are.
// Read each time, because a process may run several commands.
const shiftMs = () => Number(process.env['SHIFTED_MS'] ?? 0);
const MachineDate = Date;
globalThis.Date = class extends MachineDate {
  constructor(...parts) {
    if (parts.length === 0) super(MachineDate.now() + shiftMs());
    else super(...parts);
  }
  static now() {
    return MachineDate.now() + shiftMs();
  }
};
