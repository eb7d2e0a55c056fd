/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The accessors that libunwind asks for memory, registers and unwind information, and the
 * walk. Libraries are found by the greatest begin at or below an address; where their unwind
 * table is, their program headers in memory say, so that the vDSO is like any other.
 * Invariant: every loop inside of libunwind reads the task's memory, and reads are counted,
 * so a walk ends whatever it is told.
 */
#include "tool/stack.h"

#include <assert.h>
#include <elf.h>
#include <libunwind.h>
#include <string.h>

#include "lib/mem.h"
#include "trace/memory/memcache.h"

#define MAX_HEADERS 64
#define READS_PER_STEP (1u << 14) /* a common one takes about 100 */
#define READS_PER_WALK (1u << 18)

/* Searches a binary search table of .eh_frame_hdr by our accessors. Exported by libunwind for
 * each target, but in none of its headers. */
extern int UNW_OBJ(dwarf_search_unwind_table)(unw_addr_space_t as, unw_word_t ip, unw_dyn_info_t *di,
					      unw_proc_info_t *pi, int need_unwind_info, void *arg);
#define search_unwind_table UNW_OBJ(dwarf_search_unwind_table)

struct image {
	taddr begin, bias, end;
	struct library *library;
	bool looked;            /* end and the table are known, or not to be had */
	taddr header, table;    /* of .eh_frame_hdr; table 0: it has none */
	uint64_t n_table;
};

struct stack_walker {
	struct library_set *libraries;
	unw_addr_space_t space;
	struct memcache *memory;
	struct image *images;   /* by begin once sorted */
	size_t n_images, cap_images;
	bool sorted;
	const struct user_regs_struct *regs;
	uint64_t reads_left;    /* of the walk, the step's share included */
	uint64_t share;         /* what the step was given of it */
};

/* --- memory ----------------------------------------------------------------------- */

static bool read_bytes(struct stack_walker *walker, taddr addr, void *buf, size_t len)
{
	return memcache_read(walker->memory, addr, buf, len);
}

/* Gives the next step its share of what is left for the walk. */
static void allow_step(struct stack_walker *walker)
{
	walker->reads_left -= walker->share - memcache_allowed(walker->memory);
	walker->share = walker->reads_left < READS_PER_STEP ? walker->reads_left : READS_PER_STEP;
	memcache_allow(walker->memory, walker->share);
}

/* --- libraries -------------------------------------------------------------------- */

static int image_compare(const void *a, const void *b)
{
	const struct image *x = a, *y = b;

	return x->begin < y->begin ? -1 : x->begin > y->begin;
}

/*
 * A number as .eh_frame_hdr encodes it (Linux Standard Base, DWARF extensions): the format in
 * the low half of `encoding`, what it is relative to in the high one. Only what linkers write
 * there. Moves *at behind it.
 */
static bool read_encoded(struct stack_walker *walker, taddr header, uint8_t encoding, taddr *at, uint64_t *ret)
{
	static const size_t lengths[16] = { [0x03] = 4, [0x04] = 8, [0x0b] = 4, [0x0c] = 8 }; /* u4, u8, s4, s8 */
	const uint64_t bases[8] = { [0x0] = 0, [0x1] = *at, [0x3] = header }; /* absolute, place, data */
	size_t len = lengths[encoding & 0x0f];
	uint64_t value = 0;

	if (!len || (encoding & 0xf0) == 0x20 || encoding >= 0x40 || !read_bytes(walker, *at, &value, len))
		return false;
	if ((encoding & 0x0f) == 0x0b)
		value = (uint64_t)(int32_t)value;
	*at += len;
	*ret = value + bases[encoding >> 4];
	return true;
}

static void read_frame_header(struct stack_walker *walker, struct image *image, taddr header)
{
	uint8_t head[4]; /* version, encodings of the frames' address, the count and the table */
	uint64_t frames, n;
	taddr at = header + sizeof(head);

	if (!read_bytes(walker, header, head, sizeof(head)) || head[0] != 1 || head[3] != 0x3b ||
	    !read_encoded(walker, header, head[1], &at, &frames) ||
	    !read_encoded(walker, header, head[2], &at, &n) || n > UINT32_MAX)
		return;
	image->header = header;
	image->table = at;
	image->n_table = n;
}

/* End of the library and its unwind table, from the program headers. */
static void image_look(struct stack_walker *walker, struct image *image)
{
	Elf64_Phdr headers[MAX_HEADERS];
	Elf64_Ehdr ehdr;

	image->looked = true;
	image->end = image->begin;
	if (!read_bytes(walker, image->begin, &ehdr, sizeof(ehdr)) || memcmp(ehdr.e_ident, ELFMAG, SELFMAG) ||
	    ehdr.e_phentsize != sizeof(headers[0]) || ehdr.e_phnum > MAX_HEADERS ||
	    !read_bytes(walker, image->begin + ehdr.e_phoff, headers, ehdr.e_phnum * sizeof(headers[0])))
		return;
	for (size_t i = 0; i < ehdr.e_phnum; i++) {
		taddr end = image->bias + headers[i].p_vaddr + headers[i].p_memsz;

		if (headers[i].p_type == PT_LOAD && end > image->end)
			image->end = end;
		if (headers[i].p_type == PT_GNU_EH_FRAME)
			read_frame_header(walker, image, image->bias + headers[i].p_vaddr);
	}
}

static struct image *image_find(struct stack_walker *walker, taddr ip)
{
	size_t low = 0, high = walker->n_images;
	struct image *image;

	if (!walker->sorted && walker->n_images)
		qsort(walker->images, walker->n_images, sizeof(walker->images[0]), image_compare);
	walker->sorted = true;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (walker->images[middle].begin <= ip)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return NULL;
	image = &walker->images[low - 1];
	if (!image->looked)
		image_look(walker, image);
	return ip < image->end ? image : NULL;
}

static int search(struct stack_walker *walker, taddr ip, unw_proc_info_t *info, int need_unwind_info)
{
	const struct image *image = image_find(walker, ip);
	unw_dyn_info_t table = { .format = UNW_INFO_FORMAT_REMOTE_TABLE };

	if (!image || !image->table)
		return -UNW_ENOINFO;
	table.start_ip = image->begin;
	table.end_ip = image->end;
	table.u.rti.segbase = image->header;
	table.u.rti.table_data = image->table;
	table.u.rti.table_len = image->n_table * 2 * sizeof(int32_t) / sizeof(unw_word_t); /* entries of two words */
	return search_unwind_table(walker->space, ip, &table, info, need_unwind_info, walker);
}

/* --- accessors -------------------------------------------------------------------- */

static int find_proc_info(unw_addr_space_t as, unw_word_t ip, unw_proc_info_t *info, int need_unwind_info, void *arg)
{
	(void)as;
	return search(arg, ip, info, need_unwind_info);
}

static void put_unwind_info(unw_addr_space_t as, unw_proc_info_t *info, void *arg)
{
	(void)as, (void)info, (void)arg; /* libunwind's own memory: it frees that itself */
}

static int no_dyn_info_list(unw_addr_space_t as, unw_word_t *ret, void *arg)
{
	(void)as, (void)ret, (void)arg;
	return -UNW_ENOINFO;
}

static int access_mem(unw_addr_space_t as, unw_word_t addr, unw_word_t *value, int write, void *arg)
{
	(void)as;
	return !write && read_bytes(arg, addr, value, sizeof(*value)) ? 0 : -UNW_EINVAL;
}

/* Offsets in struct user_regs_struct, by libunwind's numbers, which are DWARF's. */
static const size_t register_offsets[] = {
#define R(unwind, name) [unwind] = offsetof(struct user_regs_struct, name)
	R(UNW_X86_64_RAX, rax), R(UNW_X86_64_RDX, rdx), R(UNW_X86_64_RCX, rcx), R(UNW_X86_64_RBX, rbx),
	R(UNW_X86_64_RSI, rsi), R(UNW_X86_64_RDI, rdi), R(UNW_X86_64_RBP, rbp), R(UNW_X86_64_RSP, rsp),
	R(UNW_X86_64_R8, r8),   R(UNW_X86_64_R9, r9),   R(UNW_X86_64_R10, r10), R(UNW_X86_64_R11, r11),
	R(UNW_X86_64_R12, r12), R(UNW_X86_64_R13, r13), R(UNW_X86_64_R14, r14), R(UNW_X86_64_R15, r15),
	R(UNW_X86_64_RIP, rip),
#undef R
};

static int access_reg(unw_addr_space_t as, unw_regnum_t number, unw_word_t *value, int write, void *arg)
{
	const struct stack_walker *walker = arg;

	(void)as;
	if (write || number < 0 || (size_t)number >= ARRAY_SIZE(register_offsets))
		return -UNW_EBADREG;
	memcpy(value, (const char *)walker->regs + register_offsets[number], sizeof(*value));
	return 0;
}

static int access_fpreg(unw_addr_space_t as, unw_regnum_t number, unw_fpreg_t *value, int write, void *arg)
{
	(void)as, (void)number, (void)value, (void)write, (void)arg;
	return -UNW_EBADREG;
}

static int no_resume(unw_addr_space_t as, unw_cursor_t *cursor, void *arg)
{
	(void)as, (void)cursor, (void)arg;
	return -UNW_EINVAL;
}

static int no_proc_name(unw_addr_space_t as, unw_word_t ip, char *name, size_t len, unw_word_t *offset, void *arg)
{
	(void)as, (void)ip, (void)name, (void)len, (void)offset, (void)arg;
	return -UNW_ENOINFO;
}

static unw_accessors_t accessors = {
	.find_proc_info = find_proc_info,
	.put_unwind_info = put_unwind_info,
	.get_dyn_info_list_addr = no_dyn_info_list,
	.access_mem = access_mem,
	.access_reg = access_reg,
	.access_fpreg = access_fpreg,
	.resume = no_resume,
	.get_proc_name = no_proc_name,
};

/* --- walker ----------------------------------------------------------------------- */

struct stack_walker *stack_walker_create(struct library_set *libraries)
{
	struct stack_walker *walker = mem_alloc(sizeof(*walker));

	walker->libraries = libraries;
	walker->space = unw_create_addr_space(&accessors, 0);
	assert(walker->space);
	unw_set_caching_policy(walker->space, UNW_CACHE_GLOBAL);
	walker->memory = memcache_create();
	return walker;
}

void stack_walker_destroy(struct stack_walker *walker)
{
	if (!walker)
		return;
	unw_destroy_addr_space(walker->space);
	memcache_destroy(walker->memory);
	free(walker->images);
	free(walker);
}

void stack_walker_begin(struct stack_walker *walker, struct memory *memory)
{
	unw_flush_cache(walker->space, 0, 0);
	memcache_begin(walker->memory, memory);
	walker->n_images = 0;
	walker->sorted = false;
}

void stack_walker_map(struct stack_walker *walker, taddr bias, struct library *library)
{
	/* Linked for the addresses where it is (a program that is no PIE, a prelinked library): its
	 * file tells them. Others begin at their load bias. */
	if (!bias)
		library_symbols(walker->libraries, library);
	mem_grow(walker->images, walker->n_images, walker->cap_images);
	/* Its lowest segment begins with the file's, as linkers have it: the header is there. */
	walker->images[walker->n_images++] = (struct image){
		.begin = bias + (library->low & ~(taddr)(MEMCACHE_PAGE - 1)),
		.bias = bias,
		.library = library,
	};
	walker->sorted = false;
}

/* --- walk ------------------------------------------------------------------------- */

/* A return address may be the first of the next function: the call is before it. */
static struct stack_frame frame_at(struct stack_walker *walker, taddr ip, bool returned_to)
{
	const struct image *image = image_find(walker, ip - returned_to);
	struct stack_frame frame = { 0 };
	struct symidx *symbols;
	unw_proc_info_t info;

	if (!image)
		return frame;
	frame.library = image->library->path;
	symbols = library_symbols(walker->libraries, image->library);
	if (symbols)
		frame.function = symidx_find_address(symbols, ip - returned_to - image->bias);
	if (!frame.function) {
		/* All calls from one function are one frame, named by where it begins. */
		bool found = !search(walker, ip - returned_to, &info, 0);

		frame.value = (found ? info.start_ip : ip) - image->bias;
	}
	return frame;
}

/*
 * Where a handler returns to: `mov $15, %rax; syscall`, rt_sigreturn(2), glibc's and the
 * kernel's only form of it. libunwind 1.6 has unw_is_signal_frame tell of the frame behind.
 */
static bool is_signal_return(struct stack_walker *walker, taddr ip)
{
	static const uint8_t code[] = { 0x48, 0xc7, 0xc0, 0x0f, 0x00, 0x00, 0x00, 0x0f, 0x05 };
	uint8_t there[sizeof(code)];

	return read_bytes(walker, ip, there, sizeof(there)) && !memcmp(there, code, sizeof(code));
}

static bool is_unknown(const struct stack_frame *frame)
{
	return !frame->function && !frame->library;
}

/* The outermost frames that are in no library are guesses along broken frame pointers. */
static void end_with(struct stack *stack, const char *mark)
{
	while (stack->n && is_unknown(&stack->frames[stack->n - 1]))
		stack->n--;
	stack->frames[stack->n++] = (struct stack_frame){ .function = mark };
}

void stack_walk(struct stack_walker *walker, const struct user_regs_struct *regs, struct stack *ret)
{
	bool returned_to = false;
	unw_cursor_t cursor;
	int status;

	ret->n = 0;
	walker->regs = regs;
	walker->reads_left = READS_PER_WALK;
	walker->share = memcache_allowed(walker->memory);
	allow_step(walker);
	if (unw_init_remote(&cursor, walker->space, walker)) {
		end_with(ret, STACK_MARK_LOST);
		return;
	}
	for (;;) {
		unw_word_t ip, sp, next_sp;
		bool in_signal;

		if (unw_get_reg(&cursor, UNW_REG_IP, &ip) || unw_get_reg(&cursor, UNW_REG_SP, &sp)) {
			end_with(ret, STACK_MARK_LOST);
			return;
		}
		if (!ip)
			return;
		if (ret->n == STACK_MAX_FRAMES) {
			end_with(ret, STACK_MARK_CUT);
			return;
		}
		in_signal = is_signal_return(walker, ip);
		ret->frames[ret->n] = frame_at(walker, ip, returned_to && !in_signal);
		if (in_signal)
			ret->frames[ret->n].function = STACK_MARK_SIGNAL;
		ret->n++;
		allow_step(walker);
		status = unw_step(&cursor);
		if (!status) {
			if (is_unknown(&ret->frames[ret->n - 1]))
				end_with(ret, STACK_MARK_LOST);
			return;
		}
		/* Callers are at higher addresses, but where a signal had a stack of its own. */
		if (status < 0 || unw_get_reg(&cursor, UNW_REG_SP, &next_sp) || (!in_signal && next_sp <= sp)) {
			end_with(ret, STACK_MARK_LOST);
			return;
		}
		returned_to = !in_signal;
	}
}
