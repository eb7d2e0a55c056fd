/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A kernel small enough to be run through all its states: processes of a few threads with a few bytes of text,
 * and of ptrace(2), wait4(2), fork, vfork, clone, exec, signals and group stops what the manual pages and
 * kernel/{ptrace,signal,exit,fork}.c say of a seized thread. It stands in for the real one below trace/
 * by the calls in fakecalls.h, so what is tested is the code itself. Before each call the threads may go on by some
 * steps; which, a sequence of choices decides (choices.h), so that a run is repeated by its choices.
 *
 * What is left out: time (it passes only when nothing else can), cores, real-time signals, job control by terminals; and
 * an exec by another thread that ends between two requests, and not in a wait, so that the second request is on another
 * thread than the first though both name the leader's id: no tracer can tell these two apart.
 */
#ifndef UNIT_FAKEKERNEL_H
#define UNIT_FAKEKERNEL_H

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "choices.h"

/* --- text: a hook as the loader's, and a function that begins with a push ----------------- */

#define TEXT_BASE 0x1000u
#define TEXT_BYTES 0x40u
#define HOOK 0x1010u     /* ret, and padding behind it */
#define FUNCTION 0x1021u /* push %rbp; ret */
#define ODD 0x1031u      /* nothing that is emulated: mov; ret */
#define STACK_BASE 0x2000u
#define STACK_BYTES 0x40u

static const uint8_t original_text[TEXT_BYTES] = {
	[HOOK - TEXT_BASE] = 0xc3, 0x66, 0x90, 0x66, 0x90, 0x66, 0x90, 0x66, 0x90,
	[FUNCTION - TEXT_BASE] = 0x55, 0xc3, 0x66, 0x90, 0x66, 0x90, 0x66, 0x90,
	[ODD - TEXT_BASE] = 0x89, 0xc3, 0x66, 0x90, 0x66, 0x90, 0x66, 0x90,
};

/* --- programs ------------------------------------------------------------------------------ */

enum op {
	OP_END,        /* the thread sleeps for good */
	OP_HOOK,       /* calls the hook, the function, the odd one */
	OP_FUNCTION,
	OP_ODD,
	OP_CLONE,      /* a thread, a forked child, a vforked one; arg: its program */
	OP_FORK,
	OP_VFORK,
	OP_SPAWN,      /* as posix_spawn: clone(CLONE_VM | CLONE_VFORK) */
	OP_SHARE,      /* clone(CLONE_VM | SIGCHLD): memory shared, nobody waits */
	OP_EXEC,       /* arg: the program that follows */
	OP_EXIT,       /* of the thread */
	OP_EXIT_GROUP,
	OP_NOTHING,    /* a step of its own work */
	OP_USR1,       /* sends its process SIGUSR1, which has a handler */
	OP_STOP,       /* sends its process SIGSTOP, which the next SIGCONT from outside ends */
};

struct op_step {
	enum op op;
	int arg;
};

#define PROGRAM_STEPS 8

/* --- state --------------------------------------------------------------------------------- */

struct fmm {
	bool used;
	int users;
	uint8_t text[TEXT_BYTES], stack[STACK_BYTES];
};

enum fstate {
	F_NONE,
	F_RUN,
	F_STOPPED,    /* a ptrace stop */
	F_LISTENING,  /* a ptrace stop in which SIGCONT wakes it: PTRACE_LISTEN */
	F_GROUP,      /* stopped by SIGSTOP, and nobody traces it */
	F_VFORK,      /* asleep until its child lets go of the memory */
	F_EXEC_WAIT,  /* exec waits for the other threads to be reaped */
	F_ZOMBIE,     /* ended; its status is still to be given out, if it is traced or a leader */
};

struct fthread {
	enum fstate state;
	pid_t tid, pid, parent; /* parent: who vforked it, or made the process */
	int mm;
	bool traced, in_step;
	bool trap_stop;         /* JOBCTL_TRAP_STOP: an interrupt, or the first stop of a new child */
	bool group_due;         /* JOBCTL_STOP_PENDING: it has not taken part in the group stop yet */
	bool masked;            /* all signals but SIGTRAP are blocked */
	bool has_status;
	int status;
	unsigned long message;
	int pending;            /* a signal of the thread: SIGTRAP of an int3 */
	int injected;
	siginfo_t info;
	struct user_regs_struct regs;
	int program, at;
	bool within;            /* in the call of OP_HOOK, ..: rip says where */
	int returned;           /* calls that came back */
	pid_t vfork_child;
};

struct fprocess {
	pid_t pid;
	bool group_stop;
	int usr1_sent, usr1_seen, usr1_pending, stop_pending;
	int death;              /* status of its end, -1 while it lives */
};

#define F_THREADS 12

static struct kernel {
	struct fthread threads[F_THREADS];
	struct fprocess processes[F_THREADS];
	int n_processes;
	struct fmm mms[F_THREADS];
	const struct op_step (*programs)[PROGRAM_STEPS];
	pid_t next_tid;
	int64_t now_ns;
	bool running;          /* false: calls are the real ones */
	int budget;            /* steps that may still be put in before calls */
	int mem_fd[1024];      /* of an open /proc/PID/mem: index of its mm + 1 */
	bool padding_ran;      /* somebody ran what is between functions */
	bool tell;             /* each call and step on standard output */
} kernel;

static struct fthread *fthread_find(pid_t tid)
{
	for (int i = 0; i < F_THREADS; i++)
		if (kernel.threads[i].state != F_NONE && kernel.threads[i].tid == tid)
			return &kernel.threads[i];
	return NULL;
}

static struct fprocess *fprocess_find(pid_t pid)
{
	for (int i = 0; i < kernel.n_processes; i++)
		if (kernel.processes[i].pid == pid)
			return &kernel.processes[i];
	return NULL;
}

static int mm_new(const struct fmm *copy)
{
	for (int i = 0; i < F_THREADS; i++) {
		if (kernel.mms[i].used)
			continue;
		if (copy)
			kernel.mms[i] = *copy;
		else
			memcpy(kernel.mms[i].text, original_text, TEXT_BYTES);
		kernel.mms[i].used = true;
		kernel.mms[i].users = 0;
		return i;
	}
	abort();
}

static void mm_leave(struct fthread *t)
{
	if (t->mm >= 0)
		kernel.mms[t->mm].users--;
	t->mm = -1;
}

static struct fthread *fthread_new(pid_t pid, int mm, int program)
{
	for (int i = 0; i < F_THREADS; i++) {
		struct fthread *t = &kernel.threads[i];

		if (t->state != F_NONE)
			continue;
		memset(t, 0, sizeof(*t));
		t->state = F_RUN;
		t->tid = ++kernel.next_tid;
		t->pid = pid ? pid : t->tid;
		t->mm = mm;
		t->program = program;
		t->regs.rsp = STACK_BASE + STACK_BYTES;
		kernel.mms[mm].users++;
		if (!pid)
			kernel.processes[kernel.n_processes++] = (struct fprocess){ .pid = t->tid, .death = -1 };
		return t;
	}
	abort();
}

/* --- ends and stops ------------------------------------------------------------------------ */

static bool ftask_alone(const struct fthread *leader)
{
	for (int i = 0; i < F_THREADS; i++) {
		const struct fthread *t = &kernel.threads[i];

		if (t != leader && t->state != F_NONE && t->pid == leader->pid)
			return false;
	}
	return true;
}

/* A traced thread, and a leader, stay to be waited for; another is gone at once. */
static void fthread_end(struct fthread *t, int status)
{
	struct fprocess *p = fprocess_find(t->pid);

	mm_leave(t);
	t->state = F_ZOMBIE;
	t->has_status = t->traced;
	t->status = status;
	t->trap_stop = false;
	if (p->death < 0 || WIFSIGNALED(status))
		p->death = status;
	if (t->tid != t->pid && !t->traced)
		t->state = F_NONE;
	for (int i = 0; i < F_THREADS; i++) /* not the end of the process while another thread lives */
		if (kernel.threads[i].pid == t->pid && kernel.threads[i].state != F_NONE &&
		    kernel.threads[i].state != F_ZOMBIE)
			p->death = -1;
}

static void fprocess_end(pid_t pid, int status)
{
	for (int i = 0; i < F_THREADS; i++) {
		struct fthread *t = &kernel.threads[i];

		if (t->state != F_NONE && t->state != F_ZOMBIE && t->pid == pid)
			fthread_end(t, status);
	}
	fprocess_find(pid)->death = status;
}

static void fthread_stop(struct fthread *t, int status)
{
	t->state = F_STOPPED;
	t->has_status = true;
	t->status = 0x7f | status << 8;
}

static void fthread_event(struct fthread *t, int event, unsigned long message)
{
	t->message = message;
	fthread_stop(t, SIGTRAP | event << 8);
}

/* --- signals ------------------------------------------------------------------------------- */

static void deliver(struct fthread *t, int sig)
{
	struct fprocess *p = fprocess_find(t->pid);

	if (sig == SIGUSR1) {
		p->usr1_seen++;
	} else if (sig == SIGSTOP) {
		p->group_stop = true;
		for (int i = 0; i < F_THREADS; i++)
			if (kernel.threads[i].pid == t->pid)
				kernel.threads[i].group_due = true;
	} else if (sig) {
		fprocess_end(t->pid, sig);
	}
}

/* SIGCONT from outside. */
static void process_continue(struct fprocess *p)
{
	p->group_stop = false;
	p->stop_pending = 0;
	for (int i = 0; i < F_THREADS; i++) {
		struct fthread *t = &kernel.threads[i];

		if (t->pid != p->pid)
			continue;
		t->group_due = false;
		if (t->state == F_GROUP)
			t->state = F_RUN;
		if (t->state == F_LISTENING) /* it traps again, to tell of the end of the group stop */
			fthread_event(t, PTRACE_EVENT_STOP, 0);
	}
}

static bool has_signal(const struct fthread *t)
{
	const struct fprocess *p = fprocess_find(t->pid);

	return t->pending || p->stop_pending || (p->usr1_pending && !t->masked);
}

/* What a thread does on its way to user code; true if it did anything. kernel/signal.c: get_signal */
static bool attend_signals(struct fthread *t)
{
	struct fprocess *p = fprocess_find(t->pid);

	if (t->injected) {
		int sig = t->injected;

		t->injected = 0;
		deliver(t, sig);
		return true;
	}
	if (t->trap_stop) {
		t->trap_stop = false;
		fthread_stop(t, (p->group_stop ? SIGSTOP : SIGTRAP) | PTRACE_EVENT_STOP << 8);
		return true;
	}
	if (t->group_due) {
		t->group_due = false;
		if (t->traced)
			t->trap_stop = true;
		else
			t->state = F_GROUP;
		return true;
	}
	if (has_signal(t)) {
		int sig = t->pending;

		if (sig) {
			t->pending = 0;
		} else if (p->stop_pending) {
			p->stop_pending = 0;
			sig = SIGSTOP;
		} else {
			p->usr1_pending--;
			sig = SIGUSR1;
		}
		t->info = (siginfo_t){ .si_signo = sig, .si_code = sig == SIGTRAP ? SI_KERNEL : SI_USER };
		if (t->traced)
			fthread_stop(t, sig);
		else
			deliver(t, sig);
		return true;
	}
	return false;
}

/* --- one step of a thread ------------------------------------------------------------------ */

static uint8_t *mm_byte(int mm, uint64_t addr)
{
	if (addr >= TEXT_BASE && addr < TEXT_BASE + TEXT_BYTES)
		return &kernel.mms[mm].text[addr - TEXT_BASE];
	if (addr >= STACK_BASE && addr < STACK_BASE + STACK_BYTES)
		return &kernel.mms[mm].stack[addr - STACK_BASE];
	return NULL;
}

/* One instruction of the call that it is in. */
static void run_instruction(struct fthread *t)
{
	uint8_t byte = *mm_byte(t->mm, t->regs.rip);

	if (byte == 0xcc) {
		t->regs.rip++;
		t->pending = SIGTRAP;
	} else if (byte == 0xc3) {
		t->within = false;
		t->returned++;
		t->at++;
		t->regs.rip = 0;
		t->regs.rsp = STACK_BASE + STACK_BYTES;
	} else if (byte == 0x55 || byte == 0x89) {
		t->regs.rip++;
	} else {
		kernel.padding_ran = true;
		fprocess_end(t->pid, SIGSEGV);
	}
}

static void new_child(struct fthread *t, enum op op, int program)
{
	bool shares = op != OP_FORK;
	int mm = shares ? t->mm : mm_new(&kernel.mms[t->mm]);
	struct fthread *child = fthread_new(op == OP_CLONE ? t->pid : 0, mm, program);
	int event = op == OP_CLONE ? PTRACE_EVENT_CLONE :
		    op == OP_VFORK || op == OP_SPAWN ? PTRACE_EVENT_VFORK : PTRACE_EVENT_FORK;

	child->parent = t->pid;
	child->group_due = op == OP_CLONE && fprocess_find(t->pid)->group_stop;
	t->at++;
	if (event == PTRACE_EVENT_VFORK)
		t->vfork_child = child->tid;
	if (t->traced) {
		child->traced = true;
		child->trap_stop = true;
		fthread_event(t, event, (unsigned long)child->tid);
	} else if (t->vfork_child) {
		t->state = F_VFORK;
	}
}

/* The others are killed first; the rest waits until they have been reaped. */
static void exec_begin(struct fthread *t)
{
	for (int i = 0; i < F_THREADS; i++) {
		struct fthread *u = &kernel.threads[i];

		if (u != t && u->pid == t->pid && u->state != F_NONE && u->state != F_ZOMBIE)
			fthread_end(u, SIGKILL);
	}
	t->state = F_EXEC_WAIT;
}

static bool exec_may_end(const struct fthread *t)
{
	for (int i = 0; i < F_THREADS; i++) {
		const struct fthread *u = &kernel.threads[i];

		if (u != t && u->pid == t->pid && u->tid != u->pid && u->state != F_NONE)
			return false;
	}
	return true;
}

static void exec_end(struct fthread *t)
{
	struct fthread *leader = fthread_find(t->pid);
	unsigned long former = (unsigned long)t->tid;

	if (leader != t) {
		leader->state = F_NONE; /* without a word to its tracer */
		t->tid = t->pid;
	}
	mm_leave(t);
	t->mm = mm_new(NULL);
	kernel.mms[t->mm].users = 1;
	t->state = F_RUN;
	t->program = kernel.programs[t->program][t->at].arg;
	t->at = 0;
	fprocess_find(t->pid)->death = -1;
	if (t->traced)
		fthread_event(t, PTRACE_EVENT_EXEC, former);
}

static bool vfork_is_over(const struct fthread *t)
{
	const struct fthread *child = fthread_find(t->vfork_child);

	return !child || child->state == F_ZOMBIE || child->mm != t->mm;
}

static bool fthread_is_runnable(const struct fthread *t)
{
	if (t->state == F_VFORK)
		return vfork_is_over(t);
	if (t->state == F_EXEC_WAIT)
		return exec_may_end(t);
	if (t->state != F_RUN)
		return false;
	return t->trap_stop || t->group_due || t->injected || has_signal(t) || t->within || t->vfork_child || kernel.programs[t->program][t->at].op != OP_END;
}

static void tell(const char *what, ...)
{
	va_list args;

	if (!kernel.tell)
		return;
	va_start(args, what);
	vprintf(what, args);
	va_end(args);
	putchar('\n');
}

static void fthread_step(struct fthread *t)
{
	struct fprocess *p = fprocess_find(t->pid);
	struct op_step step;

	tell("    step of %d: state %d, program %d at %d%s, rip %#llx", t->tid, (int)t->state, t->program, t->at,
	     t->within ? " within" : "", t->regs.rip);

	if (t->state == F_VFORK) {
		t->vfork_child = 0;
		t->state = F_RUN;
		return;
	}
	if (t->state == F_EXEC_WAIT) {
		exec_end(t);
		return;
	}
	/* Let go from the event of its vfork, it sleeps before it looks at signals. */
	if (t->vfork_child) {
		t->state = F_VFORK;
		return;
	}
	if (attend_signals(t))
		return;
	step = kernel.programs[t->program][t->at];
	if (t->within) {
		run_instruction(t);
		if (t->in_step && t->state == F_RUN) {
			t->in_step = false;
			t->info = (siginfo_t){ .si_signo = SIGTRAP, .si_code = TRAP_TRACE };
			fthread_stop(t, SIGTRAP);
		}
		return;
	}
	switch (step.op) {
	case OP_END:
		return;
	case OP_HOOK:
	case OP_FUNCTION:
	case OP_ODD:
		t->regs.rip = step.op == OP_HOOK ? HOOK : step.op == OP_FUNCTION ? FUNCTION : ODD;
		t->regs.rsp -= 8;
		t->within = true;
		return;
	case OP_CLONE:
	case OP_FORK:
	case OP_VFORK:
	case OP_SPAWN:
	case OP_SHARE:
		new_child(t, step.op, step.arg);
		return;
	case OP_EXEC:
		exec_begin(t);
		return;
	case OP_EXIT:
		fthread_end(t, 0);
		return;
	case OP_EXIT_GROUP:
		fprocess_end(t->pid, 0);
		return;
	case OP_USR1:
		p->usr1_sent++;
		p->usr1_pending++;
		t->at++;
		return;
	case OP_STOP:
		p->stop_pending = 1;
		t->at++;
		return;
	case OP_NOTHING:
		t->at++;
		return;
	}
}

static int runnable(struct fthread **ret)
{
	int n = 0;

	for (int i = 0; i < F_THREADS; i++)
		if (fthread_is_runnable(&kernel.threads[i]))
			ret[n++] = &kernel.threads[i];
	return n;
}

/* Lets one of those run that can; false if none can. */
static bool run_some(void)
{
	struct fthread *list[F_THREADS];
	int n = runnable(list);

	if (n)
		fthread_step(list[choices_take(n)]);
	return n > 0;
}

/* Entry of each call: steps may be put in before it. */
static void kernel_enter(void)
{
	struct fthread *list[F_THREADS];

	while (kernel.budget > 0) {
		int n = runnable(list), which = choices_take(n + 1);

		if (!which || list[which - 1]->state == F_EXEC_WAIT)
			return;
		kernel.budget--;
		fthread_step(list[which - 1]);
	}
}

#endif
