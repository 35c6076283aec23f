// wsload: a WebSocket load client with a publisher of its own, one thread, epoll, no dependencies. cc -O2 -o wsload wsload.c
//
// Opens N subscriber connections, then one publisher. Prints a JSON line when all are open, and another with the result.
//
//   -h HOST -p PORT -u PATH      where the subscribers connect        -P PATH  where the publisher connects; none: nobody publishes
//   -n N                         subscribers                          -c N     handshakes under way at once
//   -B PORT                      another port for the publisher
//   -H HEADER, -Q HEADER         for subscribers, for the publisher (default: the same); may be repeated
//   -T FILE                      one bearer token a line: line i for subscriber i, the one after for the publisher
//   -m TEXT, -M TEXT             first messages of subscribers, of the publisher (\r \n are escapes); may be repeated
//   -a TEXT                      a frame that contains TEXT answers the first messages; only then a connection is ready
//   -b TEXT, -e TEXT             what stands before and after the payload when it is published
//   -s BYTES                     size of the payload {"t":<ns>,"seq":<n>,"pad":"xx…"}
//   -w W                         closed loop: at most W messages in flight (published minus received / N)
//   -r R                         open loop: R messages a second, evenly paced
//   -d S -k K -t S -W S          seconds or messages to publish, time limit for that, seconds of warming up without latencies
//   -C S                         time limit for opening all connections (180)
//   -o S                         hold the connections idle for S seconds instead of publishing
//   -z Z                         the first Z subscribers stop reading once they are open
//   -J, -N, -E                   hub.v1 (answers its ping), nats (PING, binary frames), engine.io (ping)
//
// Counts markers ("t":<n>) in data frames, so a server that puts many messages into one frame counts the same. Latency is
// the time of arrival at the socket minus t. Each connection's seq must be 0, 1, 2 …, and where frames have an "offset", those must have
// no hole either: `gaps`, `ooo` (repeated or reordered) and `holes` count what was wrong. `unstamped` counts reads without a time of arrival.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define BUFSZ (4 << 20)

enum { ST_CONN, ST_HS, ST_ACK, ST_OPEN, ST_DEAD };

typedef struct {
    int fd;
    uint8_t st;
    uint8_t pub;
    uint32_t clen, ccap;
    char *carry;
    uint64_t msgs, bytes;
    int64_t last_seq, last_offset;
    const char *token;
} Conn;

static const char *host = "127.0.0.1", *path = "/", *pubpath = 0, *ack = 0, *pre = "", *post = "";
static const char *hdrs[16], *pubhdrs[16], *firsts[8], *pubfirsts[8], *subproto = 0;
static int nh, nph, nf, npf;
static int port = 8000, pubport = 0, N = 100, inflight_max = 256, psize = 200, W = 0, nats = 0, eio = 0, hubv1 = 0, bin = 0, nstall = 0;
static char **tokens;
static int ntokens;
static double rate = 0, duration = 4, timeout_s = 60, settle = 0.3, connect_s = 180, hold = 0, linger = 0.2, warm = 0;
static long K = 0;
static Conn *conns, pubc;
static int ep;
static char *buf;
static int n_ready, n_fail, n_started, n_pending, n_dead_after;
static uint64_t total, bytes, frames, gaps, ooo, holes, published, pongs, reads_, unstamped;
static int64_t t_first_pub, t_first, t_last;
static int measuring, pub_died, last_close, unfinished;
#define HB 64
static uint64_t hist[64 * HB];
static uint64_t lat_max;

static int64_t now_ns(void) {
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static void hist_add(uint64_t v) { // log-linear, us resolution below 64us*.. : store ns
    if (v > lat_max)
        lat_max = v;
    int e = v < HB ? 0 : 63 - __builtin_clzll(v) - 5; // bucket exponent so that v>>e in [32,64)
    int idx = e == 0 ? (int)v : (e * HB) + (int)(v >> e);
    if (idx >= 64 * HB)
        idx = 64 * HB - 1;
    hist[idx]++;
}

static double hist_q(double q) {
    uint64_t tot = 0, c = 0;
    for (int i = 0; i < 64 * HB; i++)
        tot += hist[i];
    if (!tot)
        return 0;
    uint64_t want = (uint64_t)(q * tot);
    if (want >= tot)
        want = tot - 1;
    for (int i = 0; i < 64 * HB; i++) {
        c += hist[i];
        if (c > want) {
            int e = i / HB, m = i % HB;
            return e == 0 ? m : (double)((uint64_t)m << e) + (1ull << e) / 2.0;
        }
    }
    return 0;
}

static void die(const char *m) {
    perror(m);
    exit(2);
}

static int send_all(int fd, const char *p, size_t n) { // small control/publisher data; spins on EAGAIN shortly
    while (n) {
        ssize_t r = send(fd, p, n, MSG_NOSIGNAL);
        if (r < 0) {
            if (errno == EAGAIN || errno == EINTR) {
                usleep(50);
                continue;
            }
            return -1;
        }
        p += r;
        n -= r;
    }
    return 0;
}

static size_t mkframe(char *o, int op, const char *p, size_t n) { // masked client frame
    size_t h = 2;
    uint8_t mk[4] = {0x1b, 0x7e, 0x33, 0xa5};
    o[0] = 0x80 | op;
    if (n < 126)
        o[1] = 0x80 | n;
    else if (n < 65536) {
        o[1] = 0x80 | 126;
        o[2] = n >> 8;
        o[3] = n;
        h = 4;
    } else {
        o[1] = (char)(0x80 | 127);
        for (int i = 0; i < 8; i++)
            o[2 + i] = (uint64_t)n >> (56 - 8 * i);
        h = 10;
    }
    memcpy(o + h, mk, 4);
    h += 4;
    for (size_t i = 0; i < n; i++)
        o[h + i] = p[i] ^ mk[i & 3];
    return h + n;
}

static void send_frame(Conn *c, int op, const char *p, size_t n) {
    static char o[1 << 17];
    size_t l = mkframe(o, op, p, n);
    send_all(c->fd, o, l);
}

static void start_conn(Conn *c, int i) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (fd < 0)
        die("socket");
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof one))
        die("SO_TIMESTAMPNS");
    if (i >= 0) {
        struct sockaddr_in s = {.sin_family = AF_INET};
        setsockopt(fd, IPPROTO_IP, 24 /*IP_BIND_ADDRESS_NO_PORT*/, &one, sizeof one);
        s.sin_addr.s_addr = htonl(0x7f000001u + (unsigned)(i / 25000));
        if (bind(fd, (void *)&s, sizeof s))
            die("bind");
    }
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(i < 0 && pubport ? pubport : port)};
    inet_pton(AF_INET, host, &a.sin_addr);
    c->fd = fd;
    c->st = ST_CONN;
    c->last_seq = -1;
    c->last_offset = -1;
    if (ntokens)
        c->token = tokens[(i < 0 ? N : i) % ntokens];
    if (connect(fd, (void *)&a, sizeof a) && errno != EINPROGRESS) {
        n_fail++;
        c->st = ST_DEAD;
        close(fd);
        return;
    }
    struct epoll_event ev = {.events = EPOLLOUT, .data.ptr = c};
    epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
    n_pending++;
}

static void kill_conn(Conn *c) {
    if (c->st == ST_DEAD)
        return;
    if (c->st < ST_OPEN && !c->pub) {
        n_fail++;
        n_pending--;
    } else if (!c->pub)
        n_dead_after++;
    else {
        pub_died = 1;
        if (measuring)
            fprintf(stderr, "publisher connection died\n");
    }
    epoll_ctl(ep, EPOLL_CTL_DEL, c->fd, 0);
    close(c->fd);
    c->st = ST_DEAD;
}

static void send_hs(Conn *c) {
    char r[8192];
    int n = snprintf(r, sizeof r,
                     "GET %s HTTP/1.1\r\nHost: %s:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: "
                     "dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n",
                     c->pub ? pubpath : path, host, port);
    if (subproto)
        n += snprintf(r + n, sizeof r - n, "Sec-WebSocket-Protocol: %s\r\n", subproto);
    const char **hh = c->pub && nph ? pubhdrs : hdrs;
    int k = c->pub && nph ? nph : nh;
    for (int i = 0; i < k; i++)
        n += snprintf(r + n, sizeof r - n, "%s\r\n", hh[i]);
    if (c->token)
        n += snprintf(r + n, sizeof r - n, "Authorization: Bearer %s\r\n", c->token);
    n += snprintf(r + n, sizeof r - n, "\r\n");
    if (send_all(c->fd, r, n))
        kill_conn(c);
}

static void opened(Conn *c) {
    c->st = ST_OPEN;
    if (!c->pub) {
        n_ready++;
    }
    n_pending--;
}

// hub.v1: the offsets of a topic's events follow each other without a hole.
static void check_offset(Conn *c, const char *p, size_t n) {
    const char *at = memmem(p, n < 160 ? n : 160, "\"offset\":", 9);
    if (!at) {
        holes++;
        return;
    }
    int64_t offset = strtoll(at + 9, 0, 10);
    if (c->last_offset >= 0 && offset != c->last_offset + 1)
        holes++;
    c->last_offset = offset;
}

static void on_data(Conn *c, const char *p, size_t n, int64_t now) {
    if (nats && n >= 6 && !memcmp(p, "PING\r\n", 6))
        send_frame(c, 2, "PONG\r\n", 6);
    if (eio && n == 1 && p[0] == '2') {
        send_frame(c, 1, "3", 1);
        return;
    }
    if (hubv1 && n == 12 && !memcmp(p, "{\"t\":\"ping\"}", 12)) {
        send_frame(c, 1, "{\"t\":\"pong\"}", 12);
        return;
    }
    if (c->st == ST_ACK && ack && memmem(p, n, ack, strlen(ack))) {
        opened(c);
    }
    if (c->pub)
        return;
    const char *q = p, *e = p + n;
    for (;;) {
        const char *m = 0;
        if (e - q > 6 && !memcmp(q, "{\"t\":", 5))
            m = q + 5; // fast path
        else {
            const char *s = memmem(q, e - q, "\"t\":", 4);
            if (s)
                m = s + 4;
            else {
                s = memmem(q, e - q, "t=", 2);
                if (s)
                    m = s + 2;
            }
        }
        if (!m)
            break;
        while (m < e && *m == ' ')
            m++;
        int64_t t = 0;
        while (m < e && *m >= '0' && *m <= '9')
            t = t * 10 + (*m++ - '0');
        if (t < 1000000000000LL) {
            q = m;
            if (q >= e)
                break;
            continue;
        }
        if (e - m > 8 && !memcmp(m, ",\"seq\":", 7)) {
            m += 7;
            int64_t s = 0;
            while (m < e && *m >= '0' && *m <= '9')
                s = s * 10 + (*m++ - '0');
            if (c->last_seq < 0) {
                if (s != 0)
                    gaps += s;
            } else if (s > c->last_seq + 1)
                gaps += s - c->last_seq - 1;
            else if (s <= c->last_seq)
                ooo++;
            c->last_seq = s;
        }
        if (hubv1)
            check_offset(c, p, n);
        c->msgs++;
        total++;
        if (!t_first)
            t_first = now;
        t_last = now;
        if ((double)(t - t_first_pub) >= warm * 1e9)
            hist_add(now > t ? now - t : 0);
        q = m;
        if (e - q < 8)
            break;
        if (!nats && !eio && e - q <= psize)
            break; // one marker per frame: skip the tail scan
    }
}

// Bytes, and when the kernel got the last of them (socket(7), SO_TIMESTAMPNS): this process plays all readers, and when it had time
// to look at one is its own affair. Where several messages are read at once all have the time of the last, the latest.
static ssize_t recv_stamped(int fd, char *to, size_t room, int64_t *at) {
    struct iovec iov = {to, room};
    char control[CMSG_SPACE(sizeof(struct timespec))];
    struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    ssize_t r = recvmsg(fd, &m, 0);
    if (r <= 0)
        return r;
    struct cmsghdr *h = CMSG_FIRSTHDR(&m);
    if (h && h->cmsg_level == SOL_SOCKET && h->cmsg_type == SCM_TIMESTAMPNS) {
        struct timespec ts;
        memcpy(&ts, CMSG_DATA(h), sizeof ts);
        *at = ts.tv_sec * 1000000000LL + ts.tv_nsec;
    } else {
        unstamped += (uint64_t)measuring;
        *at = now_ns();
    }
    return r;
}

static void on_read(Conn *c) {
    if (c->clen)
        memcpy(buf, c->carry, c->clen);
    int64_t now;
    ssize_t r = recv_stamped(c->fd, buf + c->clen, BUFSZ - c->clen, &now);
    if (r <= 0) {
        if (r < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        kill_conn(c);
        return;
    }
    reads_++;
    size_t tot = c->clen + r;
    char *p = buf, *e = buf + tot;
    c->clen = 0;
    if (measuring && !c->pub) {
        bytes += r;
        c->bytes += r;
    }
    if (c->st == ST_HS) {
        char *h = memmem(p, e - p, "\r\n\r\n", 4);
        if (h) {
            if (memcmp(p, "HTTP/1.1 101", 12) || !memmem(p, h - p, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", 28)) {
                fprintf(stderr, "handshake refused: %.*s\n", (int)(strchr(p, '\r') - p), p);
                kill_conn(c);
                return;
            }
            p = h + 4;
            const char **ff = c->pub ? pubfirsts : firsts;
            int k = c->pub ? npf : nf;
            for (int i = 0; i < k; i++)
                send_frame(c, bin ? 2 : 1, ff[i], strlen(ff[i]));
            if (ack && (!c->pub || npf))
                c->st = ST_ACK;
            else
                opened(c);
        } else
            goto save;
    }
    while (e - p >= 2) {
        uint8_t b0 = p[0], b1 = p[1];
        uint64_t n = b1 & 127;
        size_t h = 2;
        if (n == 126) {
            if (e - p < 4)
                break;
            n = ((uint8_t)p[2] << 8) | (uint8_t)p[3];
            h = 4;
        } else if (n == 127) {
            if (e - p < 10)
                break;
            n = 0;
            for (int i = 0; i < 8; i++)
                n = n << 8 | (uint8_t)p[2 + i];
            h = 10;
        }
        if (b1 & 128) {
            fprintf(stderr, "masked server frame\n");
            exit(3);
        }
        if (n + h > BUFSZ) {
            fprintf(stderr, "frame too large %lu\n", (unsigned long)n);
            exit(3);
        }
        if ((uint64_t)(e - p) < h + n)
            break;
        int op = b0 & 15;
        if (op == 0 || op == 1 || op == 2) {
            frames++;
            on_data(c, p + h, n, now);
        } else if (op == 9) {
            pongs++;
            send_frame(c, 10, p + h, n);
        } else if (op == 8) {
            if (n >= 2) {
                last_close = (uint8_t)p[h] << 8 | (uint8_t)p[h + 1];
                fprintf(stderr, "closed with %d %.*s\n", last_close, (int)(n - 2), p + h + 2);
            }
            kill_conn(c);
            return;
        } else if (op != 10) {
            fprintf(stderr, "bad opcode %d\n", op);
            exit(3);
        }
        p += h + n;
    }
save:
    if (p < e) {
        size_t l = e - p;
        if (c->ccap < l) {
            c->ccap = l + 512;
            c->carry = realloc(c->carry, c->ccap);
        }
        memcpy(c->carry, p, l);
        c->clen = l;
    }
}

static char pubframe[1 << 17];
static char pubq[1 << 20];
static size_t pubql; // unsent publisher bytes

static int pub_flush(void) {
    while (pubql) {
        ssize_t r = send(pubc.fd, pubq, pubql, MSG_NOSIGNAL);
        if (r < 0) {
            if (errno == EAGAIN)
                return 0;
            if (errno == EINTR)
                continue;
            fprintf(stderr, "publisher write failed\n");
            return -1;
        }
        memmove(pubq, pubq + r, pubql - r);
        pubql -= r;
    }
    return 1;
}

static void pub_one(void) {
    char pl[1 << 16];
    int a = snprintf(pl, sizeof pl, "%s", pre), b0 = a;
    int64_t t = now_ns();
    if (!t_first_pub)
        t_first_pub = t;
    a += snprintf(pl + a, sizeof pl - a, "{\"t\":%lld,\"seq\":%llu,\"pad\":\"", (long long)t, (unsigned long long)published);
    while (a - b0 < psize - 2)
        pl[a++] = 'x';
    pl[a++] = '"';
    pl[a++] = '}';
    a += snprintf(pl + a, sizeof pl - a, "%s", post);
    size_t l = mkframe(pubframe, bin ? 2 : 1, pl, a);
    if (pubql + l < sizeof pubq) {
        memcpy(pubq + pubql, pubframe, l);
        pubql += l;
    }
    published++;
}

static char *unesc(const char *s) {
    char *o = malloc(strlen(s) + 1), *p = o;
    for (; *s; s++) {
        if (*s == '\\' && s[1] == 'r') {
            *p++ = '\r';
            s++;
        } else if (*s == '\\' && s[1] == 'n') {
            *p++ = '\n';
            s++;
        } else
            *p++ = *s;
    }
    *p = 0;
    return o;
}

static void poll_once(int ms) {
    struct epoll_event ev[512];
    int n = epoll_wait(ep, ev, 512, ms);
    for (int i = 0; i < n; i++) {
        Conn *c = ev[i].data.ptr;
        if (!c || c->st == ST_DEAD)
            continue;
        if (c->st == ST_CONN) {
            int er = 0;
            socklen_t l = sizeof er;
            getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &er, &l);
            if (er) {
                kill_conn(c);
                continue;
            }
            c->st = ST_HS;
            struct epoll_event e2 = {.events = EPOLLIN, .data.ptr = c};
            epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &e2);
            send_hs(c);
            continue;
        }
        on_read(c);
    }
}

static void read_tokens(const char *name) {
    FILE *f = fopen(name, "r");
    if (!f)
        die(name);
    char line[512];
    int room = 0;
    while (fgets(line, sizeof line, f)) {
        line[strcspn(line, "\r\n")] = 0;
        if (ntokens == room)
            tokens = realloc(tokens, (room = room * 2 + 1024) * sizeof *tokens);
        tokens[ntokens++] = strdup(line);
    }
    fclose(f);
}

int main(int argc, char **argv) {
    int o;
    while ((o = getopt(argc, argv, "h:p:u:n:H:m:M:a:P:Q:b:e:w:r:s:k:d:t:S:c:l:o:W:z:T:C:B:JEN")) != -1)
        switch (o) {
        case 'h':
            host = optarg;
            break;
        case 'p':
            port = atoi(optarg);
            break;
        case 'u':
            path = optarg;
            break;
        case 'n':
            N = atoi(optarg);
            break;
        case 'H':
            hdrs[nh++] = optarg;
            break;
        case 'Q':
            pubhdrs[nph++] = optarg;
            break;
        case 'm':
            firsts[nf++] = unesc(optarg);
            break;
        case 'M':
            pubfirsts[npf++] = unesc(optarg);
            break;
        case 'a':
            ack = unesc(optarg);
            break;
        case 'P':
            pubpath = optarg;
            break;
        case 'b':
            pre = unesc(optarg);
            break;
        case 'e':
            post = unesc(optarg);
            break;
        case 'w':
            W = atoi(optarg);
            break;
        case 'r':
            rate = atof(optarg);
            break;
        case 's':
            psize = atoi(optarg);
            break;
        case 'k':
            K = atol(optarg);
            break;
        case 'd':
            duration = atof(optarg);
            break;
        case 't':
            timeout_s = atof(optarg);
            break;
        case 'S':
            subproto = optarg;
            break;
        case 'c':
            inflight_max = atoi(optarg);
            break;
        case 'l':
            settle = atof(optarg);
            break;
        case 'o':
            hold = atof(optarg);
            break;
        case 'W':
            warm = atof(optarg);
            break;
        case 'z':
            nstall = atoi(optarg);
            break;
        case 'B':
            pubport = atoi(optarg);
            break;
        case 'C':
            connect_s = atof(optarg);
            break;
        case 'T':
            read_tokens(optarg);
            break;
        case 'J':
            hubv1 = 1;
            break;
        case 'E':
            eio = 1;
            break;
        case 'N':
            nats = 1;
            bin = 1;
            break;
        default:
            exit(1);
        }
    struct rlimit rl;
    getrlimit(RLIMIT_NOFILE, &rl);
    rl.rlim_cur = rl.rlim_max;
    setrlimit(RLIMIT_NOFILE, &rl);
    setvbuf(stdout, 0, _IOLBF, 0);
    buf = malloc(BUFSZ + 16);
    conns = calloc(N, sizeof *conns);
    ep = epoll_create1(0);
    int64_t t0 = now_ns();
    while (n_ready + n_fail < N) {
        while (n_started < N && n_pending < inflight_max) {
            start_conn(&conns[n_started], n_started);
            n_started++;
        }
        poll_once(100);
        if (now_ns() - t0 > connect_s * 1e9)
            break;
    }
    if (pubpath) {
        pubc.pub = 1;
        start_conn(&pubc, -1);
        int64_t tp = now_ns();
        while (pubc.st != ST_OPEN && pubc.st != ST_DEAD && now_ns() - tp < 5e9)
            poll_once(50);
        if (pubc.st != ST_OPEN) {
            fprintf(stderr, "publisher could not connect\n");
        }
    }
    double t_conn = (now_ns() - t0) / 1e9;
    for (int i = 0; i < nstall && i < N; i++)
        epoll_ctl(ep, EPOLL_CTL_DEL, conns[i].fd, 0); // these never read again
    for (int64_t ts = now_ns(); now_ns() - ts < settle * 1e9;)
        poll_once(20);
    printf("{\"ready\":%d,\"failed\":%d,\"connect_s\":%.3f}\n", n_ready, n_fail, t_conn);
    if (hold > 0) {
        for (int64_t ts = now_ns(); now_ns() - ts < hold * 1e9;)
            poll_once(50);
        if (!pubpath && !K) {
            printf("{\"held\":%d,\"dead\":%d,\"close\":%d}\n", n_ready, n_dead_after, last_close);
            return 0;
        }
    }
    measuring = 1;
    int64_t tstart = now_ns(), tend = tstart + (int64_t)(duration * 1e9);
    uint64_t lasttot = 0;
    int64_t lastprog = tstart;
    int tfd = -1;
    if (rate > 0) {
        tfd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
        long ns = (long)(1e9 / rate);
        struct itimerspec its = {{ns / 1000000000, ns % 1000000000}, {ns / 1000000000, ns % 1000000000}};
        timerfd_settime(tfd, 0, &its, 0);
        struct epoll_event ev = {.events = EPOLLIN, .data.ptr = 0};
        epoll_ctl(ep, EPOLL_CTL_ADD, tfd, &ev);
    }
    int done_pub = !pubpath;
    struct rusage ru0;
    getrusage(RUSAGE_SELF, &ru0);
    for (;;) {
        int64_t now = now_ns();
        if (!done_pub) {
            if (now >= tend || (K && published >= (uint64_t)K)) {
                done_pub = 1;
            } else if (rate > 0) {
                uint64_t x;
                if (read(tfd, &x, 8) == 8) {
                    while (x--)
                        pub_one();
                }
            } else if (pubql < (1 << 16)) {
                int live = n_ready - n_dead_after - nstall;
                while ((int64_t)published - (int64_t)(live ? total / live : 0) < W && pubql < (1 << 16) && !(K && published >= (uint64_t)K))
                    pub_one();
            }
        }
        if (pubql && pubc.st == ST_OPEN && pub_flush() < 0)
            done_pub = 1;
        if (total != lasttot) {
            lasttot = total;
            lastprog = now;
        }
        if (done_pub && pubpath && !pubql && total >= published * (uint64_t)(n_ready - n_dead_after - nstall))
            break;
        if (!pubpath && K && total >= (uint64_t)K * (n_ready - n_dead_after - nstall))
            break;
        if (now - lastprog > 5e9 && (done_pub || rate == 0))
            break;
        if (now - tstart > timeout_s * 1e9) { // still coming, in order, but too late for us
            unfinished = 1;
            break;
        }
        poll_once(pubql ? 1 : 50);
    }
    struct rusage ru;
    getrusage(RUSAGE_SELF, &ru);
    uint64_t mn = ~0ull, mx = 0;
    for (int i = nstall; i < N; i++) {
        if (conns[i].st == ST_DEAD)
            continue;
        if (conns[i].msgs < mn)
            mn = conns[i].msgs;
        if (conns[i].msgs > mx)
            mx = conns[i].msgs;
    }
    double secs = (t_last - (t_first_pub ? t_first_pub : t_first)) / 1e9;
    if (secs <= 0)
        secs = 1e-9;
    double cpu = (ru.ru_utime.tv_sec - ru0.ru_utime.tv_sec) + (ru.ru_stime.tv_sec - ru0.ru_stime.tv_sec) +
                 ((ru.ru_utime.tv_usec - ru0.ru_utime.tv_usec) + (ru.ru_stime.tv_usec - ru0.ru_stime.tv_usec)) / 1e6;

    printf("{\"connected\":%d,\"failed\":%d,\"died\":%d,\"published\":%llu,\"messages\":%llu,\"frames\":%llu,\"reads\":%llu,\"bytes\":%llu,"
           "\"secs\":%.4f,\"msgs_s\":%.0f,\"p50_us\":%.1f,\"p90_us\":%.1f,\"p99_us\":%.1f,\"max_us\":%.1f,\"min_conn\":%llu,\"max_conn\":%"
           "llu,\"gaps\":%llu,\"ooo\":%llu,\"holes\":%llu,\"unstamped\":%llu,\"pub_died\":%d,\"unfinished\":%d,\"close\":%d,\"client_cpu\":%.3f}\n",
           n_ready, n_fail, n_dead_after, (unsigned long long)published, (unsigned long long)total, (unsigned long long)frames,
           (unsigned long long)reads_, (unsigned long long)bytes, secs, total / secs, hist_q(.5) / 1e3, hist_q(.9) / 1e3, hist_q(.99) / 1e3,
           lat_max / 1e3, (unsigned long long)(mn == ~0ull ? 0 : mn), (unsigned long long)mx, (unsigned long long)gaps,
           (unsigned long long)ooo, (unsigned long long)holes, (unsigned long long)unstamped, pub_died, unfinished, last_close, cpu);
    fflush(stdout);
    usleep((useconds_t)(linger * 1e6));
    _exit(0);
}
