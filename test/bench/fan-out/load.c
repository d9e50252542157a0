/*
 * The load of the fan-out benchmark: viewers, the publisher that feeds the server, and the clock between them, in one
 * thread: epoll, raw sockets, frame headers and a marker in the text alone. An open loop publishes on an absolute
 * schedule. Prints one line of JSON.
 *
 * With a core of its own it never sleeps while messages flow (spin=1): a sender pays for waking who sleeps, and on a
 * virtual machine dearly, so that a server would look the worse the less it gives the load to do. Its utilisation is
 * then the time in which it found something.
 *
 * Every text starts with `~SEQ@MICROSECONDS `, so that a message tells what it is and how long it took without being
 * parsed. Every thirtieth message of a session is a final, or every `final-every`th.
 *
 *   cc -O2 -o load load.c && ./load port=8080 ingest=9090 viewers=1000 …
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000ull
/* JSON around the text of a message. */
#define WRAPPING 112
#define OPENING_AT_ONCE 64
/* Viewers read before it is looked whether a message is due. */
#define EVENTS_AT_ONCE 64
/* Connections of one source address: fewer than there are ephemeral ports. */
#define PER_ADDRESS 20000
#define CONNECT_LIMIT (60 * SECOND)
#define STALL_LIMIT (10 * SECOND)

enum mode { OPEN_LOOP, CLOSED_LOOP, IDLE };
enum dialect { WEBSOCKET, SOCKET_IO };
enum feed { LINES, POSTS };
enum habit { READS, SILENT, SLOW };
enum stage { SHAKING, GREETING, WATCHING, GONE };

/* ── options ─────────────────────────────────────────────────────────────────────────────────────────────────────── */

static int port = 8080, ingest_port = 9090, viewers = 100, sessions = 1, hot = 0, window = 1, size = 420, rcvbuf = 0, spin = 0;
static int final_every = 30;
static int pids[64], pid_count = 0;
static enum mode mode = OPEN_LOOP;
static enum dialect dialect = WEBSOCKET;
static enum feed feed = LINES;
static double rate = 10, warm_s = 1.5, measured_s = 4, settle_s = 1, resume_s = 0, drain_s = 2;
static double silent_percent = 0, slow_percent = 0, slow_bytes = 0;
static const char *path_format = "/v?s=s%d", *post_format = "/p?s=s%d", *subprotocol = "";

static void fail(int code, const char *format, ...) {
  va_list values;
  va_start(values, format);
  vfprintf(stderr, format, values);
  va_end(values);
  fputc('\n', stderr);
  exit(code);
}

static void read_pids(char *list) {
  for (char *one = strtok(list, ","); one && pid_count < 64; one = strtok(NULL, ",")) pids[pid_count++] = atoi(one);
}

static void read_option(char *word) {
  char *value = strchr(word, '=');
  if (!value) fail(2, "expected NAME=VALUE, got %s", word);
  *value++ = 0;
  struct { const char *name; int *at; } whole[] = {
    {"port", &port}, {"ingest", &ingest_port}, {"viewers", &viewers}, {"sessions", &sessions}, {"hot", &hot},
    {"final-every", &final_every}, {"window", &window}, {"size", &size}, {"rcvbuf", &rcvbuf}, {"spin", &spin}};
  struct { const char *name; double *at; } real[] = {
    {"rate", &rate}, {"warm", &warm_s}, {"measured", &measured_s}, {"settle", &settle_s}, {"resume", &resume_s},
    {"drain", &drain_s}, {"silent", &silent_percent}, {"slow", &slow_percent}, {"slow-bytes", &slow_bytes}};
  struct { const char *name; const char **at; } text[] = {
    {"path", &path_format}, {"post", &post_format}, {"protocol", &subprotocol}};
  for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
    if (!strcmp(word, whole[i].name)) { *whole[i].at = atoi(value); return; }
  for (size_t i = 0; i < sizeof real / sizeof *real; i++)
    if (!strcmp(word, real[i].name)) { *real[i].at = atof(value); return; }
  for (size_t i = 0; i < sizeof text / sizeof *text; i++)
    if (!strcmp(word, text[i].name)) { *text[i].at = value; return; }
  if (!strcmp(word, "mode")) mode = !strcmp(value, "closed") ? CLOSED_LOOP : !strcmp(value, "idle") ? IDLE : OPEN_LOOP;
  else if (!strcmp(word, "dialect")) dialect = !strcmp(value, "socket.io") ? SOCKET_IO : WEBSOCKET;
  else if (!strcmp(word, "feed")) feed = !strcmp(value, "posts") ? POSTS : LINES;
  else if (!strcmp(word, "pids")) read_pids(value);
  else fail(2, "unknown option %s", word);
}

/* ── time and its distribution ───────────────────────────────────────────────────────────────────────────────────── */

static uint64_t now(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return at.tv_sec * SECOND + at.tv_nsec;
}

/* Microseconds in buckets that grow: 64 to each doubling, so that a quantile is right to 1.6 %. */
#define BUCKETS (64 * 32)
struct spread { uint64_t of[BUCKETS], count; };

static int bucket_of(uint64_t us) {
  if (us < 64) return us;
  int doublings = 63 - __builtin_clzll(us) - 5;
  int bucket = doublings * 64 + ((us >> (doublings - 1)) & 63);
  return bucket < BUCKETS ? bucket : BUCKETS - 1;
}

static double bucket_ms(int bucket) {
  if (bucket < 64) return bucket / 1000.0;
  int doublings = bucket / 64;
  return (double)(64 + bucket % 64) * (double)(1ull << (doublings - 1)) / 1000.0;
}

static void spread_add(struct spread *spread, uint64_t us) { spread->of[bucket_of(us)]++; spread->count++; }

static double quantile(const struct spread *spread, double share) {
  if (spread->count == 0) return -1;
  uint64_t wanted = share * spread->count, seen = 0;
  if (wanted >= spread->count) wanted = spread->count - 1;
  for (int bucket = 0; bucket < BUCKETS; bucket++) {
    seen += spread->of[bucket];
    if (seen > wanted) return bucket_ms(bucket);
  }
  return -1;
}

static struct spread all, finals, small, whole, slow_middle, slow_end;

/* ── what is known of messages and viewers ───────────────────────────────────────────────────────────────────────── */

struct session {
  uint32_t published, finals, readers, room;
  uint32_t *told;         /* by message: readers that have it */
  uint32_t *in_flight;    /* by slot: its message */
  uint32_t *generation;   /* by slot: utterances that were finished in it */
};

struct viewer {
  int fd, session;
  enum habit habit;
  enum stage stage;
  uint8_t *kept;          /* bytes that are not a whole frame yet */
  uint32_t kept_length, kept_room;
  uint32_t final_count, final_room;
  uint8_t *has_final;     /* a bit for each final */
};

static struct session *session_of;
static struct viewer *viewer_of;
static int ingest_fd = -1, poll_fd, watching = 0, refused = 0;
static int closed_readers = 0, closed_others = 0;
static uint64_t delivered = 0, doubled_finals = 0, received_calls = 0;
static uint64_t window_start = 0, window_end = UINT64_MAX, late_worst_ns = 0, found_nothing_ns = 0;
static int is_publishing = 0;

/* ── publishing ──────────────────────────────────────────────────────────────────────────────────────────────────── */

static char padding[65536];

static void send_all(int fd, const char *bytes, size_t length) {
  while (length > 0) {
    ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) fail(3, "the server takes no more messages: %s", strerror(errno));
    bytes += sent;
    length -= sent;
  }
}

static int is_final(uint32_t sequence) { return sequence % final_every == final_every - 1; }

static void publish(int number, uint32_t slot) {
  static char message[66000], request[300];
  struct session *session = &session_of[number];
  uint32_t sequence = session->published;
  if (sequence >= session->room) fail(3, "more messages than there is room for");
  int last = is_final(sequence), text = size - WRAPPING, at = 0, head = 0;
  if (feed == LINES) head = sprintf(request, "{\"session\":\"s%d\",", number);
  at += sprintf(message + at, "%s\"type\":\"transcript_%s\",\"utteranceId\":\"%u.%u\",\"text\":\"", feed == LINES ? "" : "{",
                last ? "final" : "partial", slot, session->generation[slot]);
  int marker = sprintf(message + at, "~%u@%llu ", sequence, (unsigned long long)(now() / 1000));
  at += marker;
  int rest = text > marker ? text - marker : 0;
  memcpy(message + at, padding, rest);
  at += rest;
  at += sprintf(message + at, "\",\"startMs\":%u,\"endMs\":%u,\"language\":\"en\"}", sequence * 100, sequence * 100 + 90);
  if (feed == LINES) message[at++] = '\n';
  else {
    char target[128];
    snprintf(target, sizeof target, post_format, number);
    head = sprintf(request, "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n\r\n", target, at);
  }
  session->in_flight[slot] = sequence;
  session->generation[slot] += last;
  session->finals += last;
  session->published = sequence + 1;
  send_all(ingest_fd, request, head);
  send_all(ingest_fd, message, at);
}

/* Publishes what is due, one session after the other; returns the milliseconds until the next. */
static int publish_due(void) {
  static uint64_t due;
  static int number;
  uint64_t step = SECOND / (rate * sessions), at = now();
  if (!due) due = at + step;
  for (; due <= at; due += step, number = (number + 1) % sessions) {
    if (window_start && at - due > late_worst_ns) late_worst_ns = at - due;
    publish(number, 0);
    at = now();
  }
  return (due - at) / 1000000;
}

/*
 * Whoever writes back makes its kernel take the connection for a dialogue, in which data is acknowledged late and, on
 * loopback, at the sender's expense. A server that pings would pay for its viewers; so all acknowledge as they read.
 */
static void acknowledge_at_once(int fd) {
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

/* ── receiving ───────────────────────────────────────────────────────────────────────────────────────────────────── */

static uint64_t number_at(const uint8_t **at, const uint8_t *end) {
  uint64_t value = 0;
  while (*at < end && **at >= '0' && **at <= '9') value = value * 10 + (*(*at)++ - '0');
  return value;
}

static void note_final(struct viewer *viewer, uint32_t final) {
  if (final >= viewer->final_room) {
    uint32_t room = (final / 1024 + 1) * 1024;
    viewer->has_final = realloc(viewer->has_final, room / 8);
    memset(viewer->has_final + viewer->final_room / 8, 0, (room - viewer->final_room) / 8);
    viewer->final_room = room;
  }
  uint8_t bit = 1 << (final % 8), *byte = &viewer->has_final[final / 8];
  if (*byte & bit) doubled_finals++;
  else { *byte |= bit; viewer->final_count++; }
}

static void note_slow(uint64_t latency_us, uint64_t received) {
  if (!window_start || received < window_start || received >= window_end) return;
  double share = (received - window_start) / (measured_s * SECOND);
  if (share > 2.0 / 3) spread_add(&slow_end, latency_us);
  else if (share > 1.0 / 3) spread_add(&slow_middle, latency_us);
}

static void note_message(struct viewer *viewer, const uint8_t *text, const uint8_t *end, uint64_t received) {
  const uint8_t *at = memchr(text, '~', end - text);
  if (!at) return;
  at++;
  uint32_t sequence = number_at(&at, end);
  if (at >= end || *at != '@') return;
  at++;
  uint64_t published = number_at(&at, end) * 1000;
  uint64_t latency_us = received > published ? (received - published) / 1000 : 0;
  struct session *session = &session_of[viewer->session];
  if (sequence >= session->room) fail(3, "a message that was never published: %u", sequence);
  delivered++;
  if (is_final(sequence)) note_final(viewer, sequence / final_every);
  if (viewer->habit != READS) { note_slow(latency_us, received); return; }
  uint32_t told = ++session->told[sequence];
  if (!window_start || published < window_start || published >= window_end) return;
  spread_add(&all, latency_us);
  if (is_final(sequence)) spread_add(&finals, latency_us);
  if (hot && viewer->session > 0) spread_add(&small, latency_us);
  if (told == session->readers) spread_add(&whole, latency_us);
}

static void send_frame(struct viewer *viewer, int opcode, const uint8_t *payload, uint32_t length) {
  uint8_t frame[6 + 125] = {0x80 | opcode, 0x80 | length};
  memcpy(frame + 6, payload, length);
  /* A frame of this size fits, or the connection is beyond help. */
  if (send(viewer->fd, frame, 6 + length, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) return;
  acknowledge_at_once(viewer->fd);
}

static void begin_watching(struct viewer *viewer) {
  viewer->stage = WATCHING;
  watching++;
  acknowledge_at_once(viewer->fd);
}

static void socket_io_packet(struct viewer *viewer, const uint8_t *packet, uint32_t length) {
  if (length == 0) return;
  if (packet[0] == '0') send_frame(viewer, 1, (const uint8_t *)"40", 2);
  else if (packet[0] == '2') send_frame(viewer, 1, (const uint8_t *)"3", 1);
  else if (viewer->stage == GREETING && length > 1 && packet[0] == '4' && packet[1] == '0') begin_watching(viewer);
}

static void take_frame(struct viewer *viewer, int opcode, const uint8_t *payload, uint32_t length, uint64_t received) {
  if (opcode == 9 && length <= 125) send_frame(viewer, 10, payload, length);
  if (opcode != 1) return;
  if (dialect == SOCKET_IO && (viewer->stage == GREETING || length < 8)) socket_io_packet(viewer, payload, length);
  else note_message(viewer, payload, payload + length, received);
}

static uint32_t take_answer(struct viewer *viewer, const uint8_t *bytes, uint32_t length) {
  const uint8_t *end = memmem(bytes, length, "\r\n\r\n", 4);
  if (!end) return 0;
  if (length < 12 || memcmp(bytes + 9, "101", 3)) fail(3, "an upgrade was refused: %.60s", bytes);
  if (dialect == SOCKET_IO) viewer->stage = GREETING;
  else begin_watching(viewer);
  return end + 4 - bytes;
}

/* Returns how many of the bytes were used. */
static uint32_t take_bytes(struct viewer *viewer, const uint8_t *bytes, uint32_t length, uint64_t received) {
  uint32_t used = viewer->stage == SHAKING ? take_answer(viewer, bytes, length) : 0;
  if (viewer->stage == SHAKING) return 0;
  while (length - used >= 2) {
    const uint8_t *frame = bytes + used;
    uint64_t payload = frame[1] & 127;
    uint32_t head = payload == 126 ? 4 : payload == 127 ? 10 : 2;
    if (length - used < head) break;
    if (head > 2) payload = 0;
    for (uint32_t i = 2; i < head; i++) payload = payload << 8 | frame[i];
    if (length - used < head + payload) break;
    take_frame(viewer, frame[0] & 15, frame + head, payload, received);
    used += head + payload;
  }
  return used;
}

static void lost(struct viewer *viewer) {
  if (viewer->stage == GONE) return;
  if (viewer->stage != WATCHING) refused++;
  viewer->stage = GONE;
  close(viewer->fd);
  if (viewer->habit == READS) { closed_readers++; session_of[viewer->session].readers--; }
  else closed_others++;
}

static uint8_t shared[1 << 18];

static void keep(struct viewer *viewer, const uint8_t *bytes, uint32_t length) {
  if (viewer->kept_room < length) { viewer->kept_room = length + 2048; viewer->kept = realloc(viewer->kept, viewer->kept_room); }
  memmove(viewer->kept, bytes, length);
  viewer->kept_length = length;
}

/* Reads at most so many bytes. */
static void read_viewer(struct viewer *viewer, uint32_t most) {
  if (viewer->stage == GONE) return;
  uint32_t before = viewer->kept_length;
  if (before > 0) memcpy(shared, viewer->kept, before);
  if (most > sizeof shared - before) most = sizeof shared - before;
  ssize_t length = recv(viewer->fd, shared + before, most, MSG_DONTWAIT);
  if (length < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (length <= 0) { lost(viewer); return; }
  received_calls++;
  uint32_t total = before + length, used = take_bytes(viewer, shared, total, now());
  if (used < total) keep(viewer, shared + used, total - used);
  else if (viewer->kept_length) { free(viewer->kept); viewer->kept = NULL; viewer->kept_room = viewer->kept_length = 0; }
}

static void pump(int wait_ms) {
  static struct epoll_event events[EVENTS_AT_ONCE];
  uint64_t before = now();
  int count = epoll_wait(poll_fd, events, EVENTS_AT_ONCE, wait_ms);
  if (count == 0) found_nothing_ns += now() - before;
  for (int i = 0; i < count; i++) {
    if (events[i].data.ptr) read_viewer(events[i].data.ptr, sizeof shared);
    else if (recv(ingest_fd, shared, sizeof shared, MSG_DONTWAIT) == 0) fail(3, "the server closed the ingest");
  }
}

static void watch(int fd, void *whom) {
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = whom};
  epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &event);
}

/* ── connecting ──────────────────────────────────────────────────────────────────────────────────────────────────── */

static int dial(int to_port, int address, int receive_bytes) {
  int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
  if (fd < 0) fail(3, "no socket: %s", strerror(errno));
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (receive_bytes) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
  /* The server's port is used again at once: closing must leave nothing behind. */
  struct linger linger = {1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
  struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK + address)};
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(to_port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
#ifdef IP_BIND_ADDRESS_NO_PORT
  setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
#endif
  if (address && bind(fd, (void *)&from, sizeof from)) fail(3, "no address: %s", strerror(errno));
  if (connect(fd, (void *)&to, sizeof to)) fail(3, "no connection: %s", strerror(errno));
  return fd;
}

static int falls_on(double percent, int index) { return (int)((index + 1) * percent / 100) > (int)(index * percent / 100); }

static void connect_viewer(struct viewer *viewer, int index) {
  char target[128], request[512];
  int others = hot ? index - hot : index;
  viewer->session = !hot ? index % sessions : others < 0 ? 0 : 1 + others % (sessions - 1);
  int place = hot ? index : index / sessions;
  viewer->habit = falls_on(silent_percent, place) ? SILENT : falls_on(slow_percent, place) ? SLOW : READS;
  if (viewer->habit == READS) session_of[viewer->session].readers++;
  viewer->fd = dial(port, index / PER_ADDRESS, viewer->habit == READS ? 0 : rcvbuf);
  snprintf(target, sizeof target, path_format, viewer->session);
  char offer[96] = "";
  if (*subprotocol) snprintf(offer, sizeof offer, "Sec-WebSocket-Protocol: %s\r\n", subprotocol);
  int length = snprintf(request, sizeof request,
                        "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        "Sec-WebSocket-Key: Y2FwdGlvbmQtdmlld2VyIQ==\r\nSec-WebSocket-Version: 13\r\n%s\r\n",
                        target, port, offer);
  send_all(viewer->fd, request, length);
  watch(viewer->fd, viewer);
}

static void connect_all(void) {
  uint64_t limit = now() + CONNECT_LIMIT;
  for (int index = 0; index <= viewers; index++) {
    int most = index == viewers ? 0 : OPENING_AT_ONCE - 1;
    while (index - watching > most) {
      pump(20);
      if (refused || now() > limit) fail(3, "only %d of %d viewers got in", watching, viewers);
    }
    if (index < viewers) connect_viewer(&viewer_of[index], index);
  }
}

static void leave_alone(void) {
  for (int index = 0; index < viewers; index++)
    if (viewer_of[index].habit != READS) epoll_ctl(poll_fd, EPOLL_CTL_DEL, viewer_of[index].fd, NULL);
}

/* ── the servers' use of the machine ─────────────────────────────────────────────────────────────────────────────── */

static double server_cpu_s(void) {
  double ticks = 0;
  for (int i = 0; i < pid_count; i++) {
    char name[64], line[1024];
    snprintf(name, sizeof name, "/proc/%d/stat", pids[i]);
    FILE *file = fopen(name, "r");
    if (!file) continue;
    line[fread(line, 1, sizeof line - 1, file)] = 0;
    fclose(file);
    unsigned long user, kernel;
    char *after_name = strrchr(line, ')');
    if (after_name && sscanf(after_name + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &kernel) == 2)
      ticks += user + kernel;
  }
  return ticks / sysconf(_SC_CLK_TCK);
}

static long server_rss_kb(void) {
  long sum = 0;
  for (int i = 0; i < pid_count; i++) {
    char name[64], line[256];
    snprintf(name, sizeof name, "/proc/%d/status", pids[i]);
    FILE *file = fopen(name, "r");
    if (!file) continue;
    long kb;
    while (fgets(line, sizeof line, file)) if (sscanf(line, "VmRSS: %ld kB", &kb) == 1) sum += kb;
    fclose(file);
  }
  return sum;
}

static double own_cpu_s(void) {
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  return used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

/* ── the run ─────────────────────────────────────────────────────────────────────────────────────────────────────── */

static void publish_next(void) {
  for (int number = 0; number < sessions; number++) {
    struct session *session = &session_of[number];
    for (int slot = 0; slot < window; slot++)
      if (session->told[session->in_flight[slot]] >= session->readers) publish(number, slot);
  }
}

static void trickle(uint64_t at) {
  static uint64_t last;
  if (slow_bytes <= 0 || at - last < SECOND / 10) return;
  double seconds = last ? (at - last) / 1e9 : 0.1;
  last = at;
  for (int index = 0; index < viewers; index++)
    if (viewer_of[index].habit == SLOW) read_viewer(&viewer_of[index], slow_bytes * (seconds < 1 ? seconds : 1));
}

static void look(void) {
  static uint64_t last_delivered, last_progress;
  int wait_ms = !is_publishing ? 5 : mode == CLOSED_LOOP ? 1 : publish_due();
  pump(spin && mode != IDLE ? 0 : wait_ms < 5 ? wait_ms : 5);
  uint64_t at = now();
  trickle(at);
  if (mode != CLOSED_LOOP || !is_publishing) return;
  publish_next();
  if (delivered != last_delivered || !last_progress) { last_delivered = delivered; last_progress = at; }
  else if (at - last_progress > STALL_LIMIT) fail(3, "no message arrives any more");
}

static void look_until(uint64_t end) {
  while (now() < end) look();
}

/* What was published has to arrive; bounded, for some servers are seconds behind. */
static void drain(void) {
  uint64_t limit = now() + drain_s * SECOND, quiet = now() + SECOND / 2, seen = delivered;
  while (now() < limit && now() < quiet) {
    look();
    if (delivered != seen) { seen = delivered; quiet = now() + SECOND / 2; }
  }
}

static void resume(void) {
  if (resume_s <= 0) return;
  slow_bytes = 0;
  for (int index = 0; index < viewers; index++)
    if (viewer_of[index].habit != READS && viewer_of[index].stage != GONE) watch(viewer_of[index].fd, &viewer_of[index]);
  look_until(now() + resume_s * SECOND);
}

struct usage { double cpu_s, own_s; uint64_t at, delivered, published, found_nothing_ns; long rss_kb; };

static uint64_t published_sum(void) {
  uint64_t sum = 0;
  for (int number = 0; number < sessions; number++) sum += session_of[number].published;
  return sum;
}

static struct usage usage_now(void) {
  return (struct usage){server_cpu_s(), own_cpu_s(), now(), delivered, published_sum(), found_nothing_ns, server_rss_kb()};
}

static void prepare(void) {
  signal(SIGPIPE, SIG_IGN);
  struct rlimit files = {viewers + 64, viewers + 64}, has;
  getrlimit(RLIMIT_NOFILE, &has);
  files.rlim_max = has.rlim_max;
  if (has.rlim_max < files.rlim_cur) fail(3, "%d viewers need more open files than the %lu allowed", viewers, has.rlim_max);
  if (has.rlim_cur < files.rlim_cur) setrlimit(RLIMIT_NOFILE, &files);
  static const char words[] = "the quick brown fox jumps over the lazy dog and says hello to everyone ";
  for (size_t i = 0; i < sizeof padding; i++) padding[i] = words[i % (sizeof words - 1)];
  poll_fd = epoll_create1(0);
  viewer_of = calloc(viewers, sizeof *viewer_of);
  session_of = calloc(sessions, sizeof *session_of);
  double most = mode == CLOSED_LOOP ? 4e6 / sessions : (warm_s + measured_s + 5) * rate * 2;
  for (int number = 0; number < sessions; number++) {
    struct session *session = &session_of[number];
    session->room = most + 1000;
    session->told = calloc(session->room, sizeof *session->told);
    session->in_flight = calloc(window, sizeof *session->in_flight);
    session->generation = calloc(window, sizeof *session->generation);
  }
}

static void report(struct usage idle, struct usage from, struct usage to, long rss_before_kb, double connect_s) {
  double seconds = (to.at - from.at) / 1e9, cpu = to.cpu_s - from.cpu_s;
  double busy = spin ? 1 - (to.found_nothing_ns - from.found_nothing_ns) / 1e9 / seconds : (to.own_s - from.own_s) / seconds;
  uint64_t messages = to.delivered - from.delivered, missing = 0, slow_has = 0, slow_should = 0, others = 0;
  for (int index = 0; index < viewers; index++) {
    struct viewer *viewer = &viewer_of[index];
    uint32_t should = session_of[viewer->session].finals;
    if (viewer->habit == READS) missing += should - viewer->final_count;
    else { others++; slow_has += viewer->final_count; slow_should += should; }
  }
  printf("{\"viewers\":%d,\"seconds\":%.3f,\"published\":%llu,\"deliveries\":%llu,\"rate\":%.1f,\"cpu_us\":%.4f,\"core\":%.5f,"
         "\"load_core\":%.3f,\"late_ms\":%.2f,\"connect_s\":%.2f,\"messages_per_read\":%.2f,",
         viewers, seconds, (unsigned long long)(to.published - from.published), (unsigned long long)messages,
         messages / seconds, messages ? cpu * 1e6 / messages : -1, cpu / seconds, busy,
         late_worst_ns / 1e6, connect_s, received_calls ? (double)delivered / received_calls : 0);
  printf("\"p50\":%.3f,\"p99\":%.3f,\"last50\":%.3f,\"final_p99\":%.3f,\"small_p50\":%.3f,\"small_p99\":%.3f,"
         "\"slow_middle_p50\":%.1f,\"slow_middle_p99\":%.1f,\"slow_p50\":%.1f,\"slow_p99\":%.1f,",
         quantile(&all, 0.5), quantile(&all, 0.99), quantile(&whole, 0.5), quantile(&finals, 0.99), quantile(&small, 0.5),
         quantile(&small, 0.99), quantile(&slow_middle, 0.5), quantile(&slow_middle, 0.99), quantile(&slow_end, 0.5),
         quantile(&slow_end, 0.99));
  printf("\"rss_kb_per_viewer\":%.3f,\"rss_growth_kb\":%ld,\"missing_finals\":%llu,\"doubled_finals\":%llu,"
         "\"slow_viewers\":%llu,\"slow_finals_share\":%.4f,\"closed_readers\":%d,\"closed_slow\":%d}\n",
         (double)(idle.rss_kb - rss_before_kb) / viewers, to.rss_kb - idle.rss_kb, (unsigned long long)missing,
         (unsigned long long)doubled_finals, (unsigned long long)others,
         slow_should ? (double)slow_has / slow_should : -1, closed_readers, closed_others);
}

/* For whoever watches the server meanwhile. */
static void announce(const char *what) {
  printf("{\"event\":\"%s\"}\n", what);
  fflush(stdout);
}

int main(int count, char **words) {
  for (int i = 1; i < count; i++) read_option(words[i]);
  prepare();
  long rss_before_kb = server_rss_kb();
  if (mode != IDLE) {
    ingest_fd = dial(ingest_port, 0, 0);
    watch(ingest_fd, NULL);
  }
  uint64_t began = now();
  connect_all();
  double connect_s = (now() - began) / 1e9;
  for (uint64_t end = now() + settle_s * SECOND; now() < end;) pump(20);
  struct usage idle = usage_now();
  leave_alone();
  is_publishing = mode != IDLE;
  if (mode == CLOSED_LOOP)
    for (int number = 0; number < sessions; number++)
      for (int slot = 0; slot < window; slot++) publish(number, slot);
  look_until(now() + warm_s * SECOND);
  announce("measuring");
  struct usage from = usage_now();
  window_start = from.at;
  look_until(from.at + measured_s * SECOND);
  struct usage to = usage_now();
  window_end = to.at;
  announce("measured");
  is_publishing = 0;
  drain();
  resume();
  report(idle, from, to, rss_before_kb, connect_s);
  return 0;
}
