// A plugin of QEMU that counts the instructions that a program executes and says "instructions N" on standard
// error when it ends. It adds a block's length whenever the block is entered, which is cheap, and exact for blocks
// that run to their end. Debian ships no qemu-plugin.h: the few declarations used are repeated here (version 1 of the
// interface, as in QEMU 7.2).

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

typedef uint64_t qemu_plugin_id_t;
struct qemu_info_t;
struct qemu_plugin_tb;
enum { noRegisters = 0, threadsMax = 4096 };

extern void qemu_plugin_register_vcpu_tb_trans_cb(
    qemu_plugin_id_t, void (*translated)(qemu_plugin_id_t, struct qemu_plugin_tb *));
extern void qemu_plugin_register_vcpu_tb_exec_cb(
    struct qemu_plugin_tb *, void (*executed)(unsigned thread, void *), int flags, void *);
extern void qemu_plugin_register_atexit_cb(qemu_plugin_id_t, void (*ended)(qemu_plugin_id_t, void *), void *);
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

/// A counter a thread, in a cache line of its own: threads run side by side.
static struct {
  _Alignas(64) uint64_t instructions;
} counters[threadsMax];

static void executed(unsigned thread, void *length) { counters[thread % threadsMax].instructions += (uintptr_t)length; }

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *block) {
  (void)id;
  qemu_plugin_register_vcpu_tb_exec_cb(block, executed, noRegisters, (void *)(uintptr_t)qemu_plugin_tb_n_insns(block));
}

static void ended(qemu_plugin_id_t id, void *unused) {
  (void)id, (void)unused;
  uint64_t total = 0;
  for (int thread = 0; thread < threadsMax; thread++) total += counters[thread].instructions;
  fprintf(stderr, "instructions %" PRIu64 "\n", total);
}

__attribute__((visibility("default"))) int qemu_plugin_install(
    qemu_plugin_id_t id, const struct qemu_info_t *info, int argumentCount, char **arguments) {
  (void)info, (void)argumentCount, (void)arguments;
  qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
  qemu_plugin_register_atexit_cb(id, ended, NULL);
  return 0;
}
