/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The calls that trace/ makes, on the kernel of fakekernel.h: ptrace(), waitpid(), /proc, memory, time. A program that
 * includes this has these functions instead of the C library's; while kernel.running is false they are the real ones.
 */
#ifndef UNIT_FAKECALLS_H
#define UNIT_FAKECALLS_H

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>

#include "fakekernel.h"

/* --- wait4 --------------------------------------------------------------------------------- */

static long refuse(int errnum)
{
	errno = errnum;
	return -1;
}

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

/* A thread with a status to give out; in any_ret whether there is one to wait for at all. */
static struct fthread *ready_thread(pid_t whom, bool *any_ret)
{
	*any_ret = false;
	for (int i = 0; i < F_THREADS; i++) {
		struct fthread *t = &kernel.threads[i];

		if (t->state == F_NONE || !t->traced || (whom > 0 && t->tid != whom))
			continue;
		*any_ret = true;
		if (is_ready(t))
			return t;
	}
	return NULL;
}

/* Nobody is kept from running for ever: who finds nothing lets somebody go on, and time passes when nobody can. */
static pid_t fake_waitpid(pid_t whom, int *status_ret, int options)
{
	kernel_enter();
	for (int round = 0;; round++) {
		bool any, ran;
		struct fthread *t = ready_thread(whom, &any);

		if (t)
			return give_status(t, status_ret);
		if (!any)
			return (pid_t)refuse(ECHILD);
		if (round && options & WNOHANG)
			return 0;
		ran = run_some();
		if (!ran)
			kernel.now_ns += 20000000;
		if (!ran && !(options & WNOHANG))
			return (pid_t)refuse(ECHILD);
	}
}

/* --- ptrace -------------------------------------------------------------------------------- */

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
		if (t->status >> 16) /* no signal's stop but an event's */
			*(siginfo_t *)data = (siginfo_t){ .si_signo = SIGTRAP, .si_code = t->status >> 8 };
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

/* proc(5), stat: of a thread that runs, sleeps, waits in the kernel, is stopped, traced, or has ended. */
static char state_letter(const struct fthread *t)
{
	switch (t->state) {
	case F_RUN:
		return fthread_is_runnable(t) ? 'R' : 'S';
	case F_STOPPED:
	case F_LISTENING:
		return 't';
	case F_GROUP:
		return 'T';
	case F_VFORK:
	case F_EXEC_WAIT:
		return 'D';
	default:
		return 'Z';
	}
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
	if (!strcmp(what, "status"))
		snprintf(text, sizeof(text),
			 "Name:\tfake\nState:\t%c (x)\nTgid:\t%d\nPid:\t%d\nPPid:\t%d\nTracerPid:\t%d\n"
			 "SigPnd:\t%016x\nSigBlk:\t%016x\nSigIgn:\t%016x\nSigCgt:\t%016x\n",
			 state_letter(t), t->pid, t->tid, t->parent, t->traced ? (int)getpid() : 0, 0, 0, 0, 0);
	else if (!strcmp(what, "stat"))
		snprintf(text, sizeof(text), "%d (fake) %c %d 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 %d 0 0\n", t->tid,
			 state_letter(t), t->parent, t->pid);
	else if (!strcmp(what, "statm"))
		snprintf(text, sizeof(text), t->mm < 0 ? "0 0 0 0 0 0 0\n" : "9 9 9 9 0 9 0\n");
	else if (!strcmp(what, "cgroup"))
		snprintf(text, sizeof(text), "0::/\n");
	else
		text[0] = '\0';
	if (text[0])
		return open_text(text);
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

/* /proc and /proc/PID/task: the list as it is when the folder is opened. */
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

	bool all = kernel.running && !strcmp(path, "/proc");

	snprintf(with_slash, sizeof(with_slash), "%s/", path);
	pid = proc_path(with_slash, &what);
	if (!pid && !all) {
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
			if (kernel.threads[i].state != F_NONE &&
			    (all ? kernel.threads[i].tid == kernel.threads[i].pid : kernel.threads[i].pid == pid))
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

/* kcmp(2) of two memories, of which one that has ended has none; all else is the real kernel's. */
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
	if (!x || !y)
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
