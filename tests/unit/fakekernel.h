/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A kernel small enough to be run through all its states: processes of a few threads with a few bytes of text,
 * and of ptrace(2), wait4(2), fork, vfork, clone, exec, signals and group stops what the manual pages and
 * kernel/{ptrace,signal,exit,fork}.c say of a seized thread. It stands in for the real one below trace/: a test that
 * includes this defines ptrace(), waitpid() and the few other calls that trace/ makes, and what is tested is the code
 * itself. Before each call the threads may go on by some steps; which, a sequence of choices decides, so that a run is
 * repeated by its choices and all short ones can be gone through (kernel_choose).
 *
 * What is left out: time (it passes only when nothing else can), cores, real-time signals, job control by terminals.
 */
#ifndef UNIT_FAKEKERNEL_H
#define UNIT_FAKEKERNEL_H

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

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
#define F_CHOICES 4096

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
	bool stuck;            /* the tracer waits, and nobody can go on */
	bool tell;             /* each call and step on standard output */
} kernel;

static struct {
	int choice[F_CHOICES], of[F_CHOICES];
	int n, at;
} choices;

/* One of n: 0 first, the next one when the same choices come again. */
static int kernel_choose(int n)
{
	if (n <= 1)
		return 0;
	if (choices.at == choices.n) {
		if (choices.n == F_CHOICES)
			return 0;
		choices.choice[choices.n] = 0;
		choices.of[choices.n++] = n;
	}
	return choices.choice[choices.at++] % n;
}

/* The next sequence; false if there is none. */
static bool choices_next(void)
{
	while (choices.n) {
		if (++choices.choice[choices.n - 1] < choices.of[choices.n - 1]) {
			choices.at = 0;
			return true;
		}
		choices.n--;
	}
	return false;
}

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
		fthread_step(list[kernel_choose(n)]);
	return n > 0;
}

/* Entry of each call: steps may be put in before it. */
static void kernel_enter(void)
{
	struct fthread *list[F_THREADS];

	while (kernel.budget > 0) {
		int n = runnable(list), which = kernel_choose(n + 1);

		if (!which)
			return;
		kernel.budget--;
		fthread_step(list[which - 1]);
	}
}

/* --- wait4 --------------------------------------------------------------------------------- */

static pid_t give_status(struct fthread *t, int *status_ret)
{
	pid_t tid = t->tid;

	tell("  wait: %d, status %#x", tid, (unsigned int)t->status);
	*status_ret = t->status;
	t->has_status = false;
	if (t->state == F_ZOMBIE)
		t->state = F_NONE;
	return tid;
}

static bool is_ready(const struct fthread *t)
{
	if (!t->has_status || !t->traced)
		return false;
	/* A leader that has ended is told of when all others are gone. */
	return t->state != F_ZOMBIE || t->tid != t->pid || ftask_alone(t);
}

static pid_t fake_waitpid(pid_t whom, int *status_ret, int options)
{
	kernel_enter();
	for (;;) {
		bool any = false;

		for (int i = 0; i < F_THREADS; i++) {
			struct fthread *t = &kernel.threads[i];

			if (t->state == F_NONE || !t->traced || (whom > 0 && t->tid != whom))
				continue;
			any = true;
			if (is_ready(t))
				return give_status(t, status_ret);
		}
		if (!any) {
			errno = ECHILD;
			return -1;
		}
		if (run_some()) /* nobody is kept from running for ever */
			continue;
		kernel.now_ns += 20000000;
		if (options & WNOHANG)
			return 0;
		kernel.stuck = true;
		errno = ECHILD;
		return -1;
	}
}

/* --- ptrace -------------------------------------------------------------------------------- */

static long refuse(int errnum)
{
	errno = errnum;
	return -1;
}

static long resume(struct fthread *t, int sig)
{
	t->state = F_RUN;
	t->has_status = false;
	t->injected = sig;
	return 0;
}

static long fake_ptrace(int request, pid_t tid, void *addr, void *data)
{
	struct fthread *t;

	kernel_enter();
	tell("  ptrace %#x of %d, %ld", (unsigned int)request, tid, (long)(intptr_t)data);
	t = fthread_find(tid);
	if (!t || t->state == F_ZOMBIE)
		return refuse(request == PTRACE_SEIZE && t ? EPERM : ESRCH);
	if (request == PTRACE_SEIZE) {
		if (t->traced)
			return refuse(EPERM);
		t->traced = true;
		if (t->state == F_GROUP) { /* from one stop into the other */
			t->state = F_RUN;
			t->trap_stop = true;
		}
		return 0;
	}
	if (!t->traced)
		return refuse(ESRCH);
	if (request == PTRACE_INTERRUPT) {
		if (t->state == F_LISTENING)
			fthread_stop(t, SIGSTOP | PTRACE_EVENT_STOP << 8);
		else
			t->trap_stop = t->state != F_STOPPED;
		return 0;
	}
	if (t->state != F_STOPPED)
		return refuse(ESRCH);
	switch (request) {
	case PTRACE_CONT:
		t->in_step = false;
		return resume(t, (int)(intptr_t)data);
	case PTRACE_SINGLESTEP:
		t->in_step = true;
		return resume(t, (int)(intptr_t)data);
	case PTRACE_DETACH:
		t->traced = false;
		t->in_step = false;
		t->trap_stop = false;
		t->group_due = fprocess_find(t->pid)->group_stop;
		return resume(t, (int)(intptr_t)data);
	case PTRACE_LISTEN:
		t->state = F_LISTENING;
		t->has_status = false;
		if (!fprocess_find(t->pid)->group_stop) /* it was continued meanwhile */
			fthread_event(t, PTRACE_EVENT_STOP, 0);
		return 0;
	case PTRACE_GETREGS:
		memcpy(data, &t->regs, sizeof(t->regs));
		return 0;
	case PTRACE_SETREGS:
		if (((struct user_regs_struct *)data)->rip != t->regs.rip && t->within &&
		    !mm_byte(t->mm, ((struct user_regs_struct *)data)->rip)) {
			/* Returned from the hook by its tracer's hand. */
			t->within = false;
			t->returned++;
			t->at++;
		}
		memcpy(&t->regs, data, sizeof(t->regs));
		return 0;
	case PTRACE_PEEKUSER:
		errno = 0;
		return (size_t)addr == offsetof(struct user, regs.rip) ? (long)t->regs.rip : 0;
	case PTRACE_GETEVENTMSG:
		*(unsigned long *)data = t->message;
		return 0;
	case PTRACE_GETSIGINFO:
		*(siginfo_t *)data = t->info;
		return 0;
	case PTRACE_PEEKSIGINFO: {
		const struct __ptrace_peeksiginfo_args *args = addr;

		if (args->off > 0 || !t->pending)
			return 0;
		*(siginfo_t *)data = (siginfo_t){ .si_signo = t->pending, .si_code = SI_KERNEL };
		return 1;
	}
	case PTRACE_GETSIGMASK:
		memset(data, t->masked ? 0xff : 0, 8);
		return 0;
	case PTRACE_SETSIGMASK:
		t->masked = *(uint64_t *)data != 0;
		return 0;
	case PTRACE_SETSIGINFO:
	case PTRACE_POKEUSER:
		return 0;
	default:
		return refuse(EIO);
	}
}

/* --- /proc, memory, time -------------------------------------------------------------------- */

/* "/proc/PID/WHAT" of a process of this kernel; 0 of any other path. */
static pid_t proc_path(const char *path, const char **what_ret)
{
	int pid = 0, used = 0;

	if (!kernel.running || sscanf(path, "/proc/%d/%n", &pid, &used) != 1 || !used || pid < 1000000)
		return 0;
	*what_ret = path + used;
	if (!strncmp(*what_ret, "task/", 5)) {
		if (sscanf(*what_ret, "task/%d/%n", &pid, &used) == 1 && used)
			*what_ret += used;
	}
	return pid;
}

static int real_open(const char *path, int flags, mode_t mode)
{
	static int (*function)(const char *, int, ...);

	if (!function)
		*(void **)&function = dlsym(RTLD_NEXT, "open");
	return function(path, flags, mode);
}

static int open_text(const char *text)
{
	int fd[2];
	size_t len = strlen(text);

	if (pipe(fd) || write(fd[1], text, len) != (ssize_t)len)
		abort();
	close(fd[1]);
	return fd[0];
}

static int fake_open(pid_t pid, const char *what)
{
	struct fthread *t = fthread_find(pid);
	char text[512];
	int fd;

	kernel_enter();
	if (!t) {
		errno = ENOENT;
		return -1;
	}
	if (!strcmp(what, "mem")) {
		if (t->mm < 0) {
			errno = ESRCH;
			return -1;
		}
		fd = real_open("/dev/null", O_RDWR | O_CLOEXEC, 0);
		kernel.mem_fd[fd] = t->mm + 1;
		return fd;
	}
	if (!strcmp(what, "status")) {
		snprintf(text, sizeof(text),
			 "Name:\tfake\nState:\t%c (x)\nTgid:\t%d\nPid:\t%d\nPPid:\t%d\nTracerPid:\t%d\n"
			 "SigPnd:\t%016x\nSigBlk:\t%016x\nSigIgn:\t%016x\nSigCgt:\t%016x\n",
			 t->state == F_ZOMBIE ? 'Z' : t->state == F_STOPPED ? 't' : 'R', t->pid, t->tid,
			 t->parent, t->traced ? (int)getpid() : 0, 0, 0, 0, 0);
		return open_text(text);
	}
	errno = ENOENT;
	return -1;
}

int open(const char *path, int flags, ...)
{
	const char *what;
	pid_t pid = proc_path(path, &what);
	mode_t mode = 0;
	va_list args;

	if (flags & O_CREAT) {
		va_start(args, flags);
		mode = va_arg(args, mode_t);
		va_end(args);
	}
	return pid ? fake_open(pid, what) : real_open(path, flags, mode);
}

static bool fake_fd(int fd)
{
	return kernel.running && fd >= 0 && fd < 1024 && kernel.mem_fd[fd];
}

static ssize_t move_bytes(int mm, void *buf, size_t len, uint64_t addr, bool write_them)
{
	size_t done = 0;

	if (!kernel.mms[mm].users)
		return 0;
	for (uint8_t *byte; done < len && (byte = mm_byte(mm, addr + done)); done++) {
		if (write_them)
			*byte = ((const uint8_t *)buf)[done];
		else
			((uint8_t *)buf)[done] = *byte;
	}
	if (done)
		return (ssize_t)done;
	errno = EIO;
	return -1;
}

ssize_t pread(int fd, void *buf, size_t len, off_t offset)
{
	if (!fake_fd(fd))
		return syscall(SYS_pread64, fd, buf, len, offset);
	kernel_enter();
	return move_bytes(kernel.mem_fd[fd] - 1, buf, len, (uint64_t)offset, false);
}

ssize_t pwrite(int fd, const void *buf, size_t len, off_t offset)
{
	if (!fake_fd(fd))
		return syscall(SYS_pwrite64, fd, buf, len, offset);
	kernel_enter();
	tell("  write at %#lx", (unsigned long)offset);
	return move_bytes(kernel.mem_fd[fd] - 1, (void *)(uintptr_t)buf, len, (uint64_t)offset, true);
}

int close(int fd)
{
	if (fd >= 0 && fd < 1024)
		kernel.mem_fd[fd] = 0;
	return (int)syscall(SYS_close, fd);
}

ssize_t process_vm_readv(pid_t pid, const struct iovec *local, unsigned long n, const struct iovec *remote,
			 unsigned long n_remote, unsigned long flags)
{
	struct fthread *t = fthread_find(pid);
	ssize_t sum = 0;

	(void)flags;
	(void)n_remote;
	kernel_enter();
	t = fthread_find(pid);
	if (!t || t->mm < 0)
		return refuse(ESRCH);
	for (unsigned long i = 0; i < n; i++) {
		ssize_t got = move_bytes(t->mm, local[i].iov_base, local[i].iov_len, (uintptr_t)remote[i].iov_base, false);

		if (got < 0 && !sum)
			return refuse(EFAULT);
		sum += got < 0 ? 0 : got;
		if (got < (ssize_t)local[i].iov_len)
			break;
	}
	return sum;
}

/* Two of /proc/PID/task: the list as it is when the folder is opened. */
struct fake_dir {
	int magic, n, at;
	struct dirent entries[F_THREADS];
};

static struct fake_dir fake_dirs[4];

DIR *opendir(const char *path)
{
	static DIR *(*function)(const char *);
	const char *what;
	char with_slash[128];
	pid_t pid;

	snprintf(with_slash, sizeof(with_slash), "%s/", path);
	pid = proc_path(with_slash, &what);
	if (!pid) {
		if (!function)
			*(void **)&function = dlsym(RTLD_NEXT, "opendir");
		return function(path);
	}
	kernel_enter();
	for (size_t d = 0; d < 4; d++) {
		struct fake_dir *dir = &fake_dirs[d];

		if (dir->magic)
			continue;
		memset(dir, 0, sizeof(*dir));
		for (int i = 0; i < F_THREADS; i++)
			if (kernel.threads[i].state != F_NONE && kernel.threads[i].pid == pid)
				snprintf(dir->entries[dir->n++].d_name, sizeof(dir->entries[0].d_name), "%d",
					 kernel.threads[i].tid);
		if (!dir->n) {
			errno = ENOENT;
			return NULL;
		}
		dir->magic = 1;
		return (DIR *)(void *)dir;
	}
	abort();
}

static struct fake_dir *as_fake_dir(DIR *dir)
{
	struct fake_dir *fake = (struct fake_dir *)(void *)dir;

	return fake >= fake_dirs && fake < fake_dirs + 4 ? fake : NULL;
}

struct dirent *readdir(DIR *dir)
{
	static struct dirent *(*function)(DIR *);
	struct fake_dir *fake = as_fake_dir(dir);

	if (fake)
		return fake->at < fake->n ? &fake->entries[fake->at++] : NULL;
	if (!function)
		*(void **)&function = dlsym(RTLD_NEXT, "readdir");
	return function(dir);
}

int closedir(DIR *dir)
{
	static int (*function)(DIR *);
	struct fake_dir *fake = as_fake_dir(dir);

	if (fake) {
		fake->magic = 0;
		return 0;
	}
	if (!function)
		*(void **)&function = dlsym(RTLD_NEXT, "closedir");
	return function(dir);
}

static long raw_syscall(long number, const long a[6])
{
	register long r10 __asm__("r10") = a[3];
	register long r8 __asm__("r8") = a[4];
	register long r9 __asm__("r9") = a[5];
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "0"(number), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result < 0 && result > -4096 ? refuse((int)-result) : result;
}

/* kcmp(2) of two memories; all else is the real kernel's. */
long syscall(long number, ...)
{
	const struct fthread *x, *y;
	va_list args;
	long a[6];

	va_start(args, number);
	for (size_t i = 0; i < 6; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	if (!kernel.running || number != SYS_kcmp)
		return raw_syscall(number, a);
	kernel_enter();
	x = fthread_find((pid_t)a[0]);
	y = fthread_find((pid_t)a[1]);
	if (!x || !y || x->mm < 0 || y->mm < 0)
		return refuse(ESRCH);
	return x->mm == y->mm ? 0 : 1;
}

long ptrace(enum __ptrace_request request, ...)
{
	va_list args;
	pid_t pid;
	void *addr, *data;

	va_start(args, request);
	pid = va_arg(args, pid_t);
	addr = va_arg(args, void *);
	data = va_arg(args, void *);
	va_end(args);
	return fake_ptrace((int)request, pid, addr, data);
}

pid_t waitpid(pid_t pid, int *status, int options)
{
	if (!kernel.running)
		return (pid_t)syscall(SYS_wait4, pid, status, options, NULL);
	return fake_waitpid(pid, status, options);
}

int clock_gettime(clockid_t clock, struct timespec *ret)
{
	if (!kernel.running)
		return (int)syscall(SYS_clock_gettime, clock, ret);
	*ret = (struct timespec){ .tv_sec = kernel.now_ns / 1000000000, .tv_nsec = kernel.now_ns % 1000000000 };
	return 0;
}

int nanosleep(const struct timespec *time, struct timespec *left)
{
	if (!kernel.running)
		return (int)syscall(SYS_nanosleep, time, left);
	kernel.now_ns += 20000000;
	run_some();
	return 0;
}

#endif
