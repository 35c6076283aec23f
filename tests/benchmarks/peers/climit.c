// climit: the least that any server of one thread must do. Frames received on /pub are framed once more and given to every
// other connection with one send() each. cc -O2 -o climit climit.c; climit PORT [coalesce]
//
// coalesce: all frames got in one read from the publisher leave in one send() for each subscriber. No bound on what waits
// for a slow reader, no ping, no close handshake, no check of what clients send: not a server, a yardstick.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static uint32_t rol(uint32_t x, int n) {
    return x << n | x >> (32 - n);
}

static void sha1(const uint8_t *d, size_t n, uint8_t *out) {
    uint32_t h[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
    uint8_t m[256] = {0};
    memcpy(m, d, n);
    m[n] = 0x80;
    size_t t = (n + 9 + 63) / 64 * 64;
    for (int i = 0; i < 8; i++)
        m[t - 1 - i] = (uint64_t)(n * 8) >> (8 * i);
    for (size_t o = 0; o < t; o += 64) {
        uint32_t w[80];
        for (int i = 0; i < 16; i++)
            w[i] = m[o + 4 * i] << 24 | m[o + 4 * i + 1] << 16 | m[o + 4 * i + 2] << 8 | m[o + 4 * i + 3];
        for (int i = 16; i < 80; i++)
            w[i] = rol(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
        uint32_t a = h[0], b = h[1], c = h[2], e4 = h[3], e = h[4];
        for (int i = 0; i < 80; i++) {
            uint32_t f, k;
            if (i < 20)
                f = (b & c) | (~b & e4), k = 0x5A827999;
            else if (i < 40)
                f = b ^ c ^ e4, k = 0x6ED9EBA1;
            else if (i < 60)
                f = (b & c) | (b & e4) | (c & e4), k = 0x8F1BBCDC;
            else
                f = b ^ c ^ e4, k = 0xCA62C1D6;
            uint32_t tt = rol(a, 5) + f + e + k + w[i];
            e = e4;
            e4 = c;
            c = rol(b, 30);
            b = a;
            a = tt;
        }
        h[0] += a;
        h[1] += b;
        h[2] += c;
        h[3] += e4;
        h[4] += e;
    }
    for (int i = 0; i < 5; i++)
        for (int j = 0; j < 4; j++)
            out[4 * i + j] = h[i] >> (24 - 8 * j);
}

static void b64(const uint8_t *s, int n, char *o) {
    const char *t = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int i = 0; i < n; i += 3) {
        uint32_t v = s[i] << 16 | (i + 1 < n ? s[i + 1] << 8 : 0) | (i + 2 < n ? s[i + 2] : 0);
        *o++ = t[v >> 18];
        *o++ = t[v >> 12 & 63];
        *o++ = i + 1 < n ? t[v >> 6 & 63] : '=';
        *o++ = i + 2 < n ? t[v & 63] : '=';
    }
    *o = 0;
}

typedef struct {
    int fd, state, pub, idx;
    size_t n, wn;
    char *b, *wb;
} C;

static C *byfd[1 << 20];
static C *subs[1 << 20];
static int nsub, ep, coalesce;
static unsigned long full;
static char out[1 << 22];
static size_t on;

static void drop(C *c) {
    if (c->state == 1 && !c->pub) {
        subs[c->idx] = subs[--nsub];
        subs[c->idx]->idx = c->idx;
    }
    close(c->fd);
    byfd[c->fd] = 0;
    free(c->b);
    free(c->wb);
    free(c);
}

static void bcast(const char *p, size_t n) {
    for (int i = 0; i < nsub; i++) {
        C *c = subs[i];
        size_t s = 0;
        if (!c->wn) {
            ssize_t r = send(c->fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT);
            if (r == (ssize_t)n)
                continue;
            s = r < 0 ? 0 : r;
        }
        full++;
        c->wb = realloc(c->wb, c->wn + n - s);
        memcpy(c->wb + c->wn, p + s, n - s);
        if (!c->wn) {
            struct epoll_event e = {.events = EPOLLIN | EPOLLOUT, .data.ptr = c};
            epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &e);
        }
        c->wn += n - s;
    }
}

int main(int argc, char **argv) {
    struct rlimit rl;
    getrlimit(RLIMIT_NOFILE, &rl);
    rl.rlim_cur = rl.rlim_max;
    setrlimit(RLIMIT_NOFILE, &rl);
    coalesce = argc > 2;
    int l = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
    setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1])), .sin_addr.s_addr = htonl(0x7f000001)};
    if (bind(l, (void *)&a, sizeof a))
        return perror("bind"), 1;
    listen(l, 4096);
    ep = epoll_create1(0);
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = 0};
    epoll_ctl(ep, EPOLL_CTL_ADD, l, &e);
    struct epoll_event ev[512];
    for (;;) {
        int n = epoll_wait(ep, ev, 512, -1);
        for (int i = 0; i < n; i++) {
            C *c = ev[i].data.ptr;
            if (!c) {
                int fd;
                while ((fd = accept4(l, 0, 0, SOCK_NONBLOCK)) >= 0) {
                    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                    c = calloc(1, sizeof *c);
                    c->fd = fd;
                    byfd[fd] = c;
                    e.events = EPOLLIN;
                    e.data.ptr = c;
                    epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
                }
                continue;
            }
            if (ev[i].events & EPOLLOUT && c->wn) {
                ssize_t r = send(c->fd, c->wb, c->wn, MSG_NOSIGNAL);
                if (r > 0) {
                    memmove(c->wb, c->wb + r, c->wn - r);
                    c->wn -= r;
                }
                if (!c->wn) {
                    e.events = EPOLLIN;
                    e.data.ptr = c;
                    epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &e);
                }
            }
            if (!(ev[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
                continue;
            static char rb[1 << 20];
            if (c->n)
                memcpy(rb, c->b, c->n);
            ssize_t r = recv(c->fd, rb + c->n, sizeof rb - c->n, 0);
            if (r <= 0) {
                if (r < 0 && errno == EAGAIN)
                    continue;
                drop(c);
                continue;
            }
            size_t tot = c->n + r;
            char *p = rb, *end = rb + tot;
            c->n = 0;
            if (c->state == 0) {
                rb[tot < sizeof rb ? tot : tot - 1] = 0;
                char *h = memmem(p, tot, "\r\n\r\n", 4);
                if (!h)
                    goto save;
                char *k = strcasestr(p, "sec-websocket-key:");
                k += 18;
                while (*k == ' ')
                    k++;
                uint8_t in[128], d[20];
                size_t kn = strcspn(k, "\r ");
                memcpy(in, k, kn);
                memcpy(in + kn, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11", 36);
                sha1(in, kn + 36, d);
                char acc[32], resp[256];
                b64(d, 20, acc);
                int rn = snprintf(
                    resp, sizeof resp,
                    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
                    acc);
                send(c->fd, resp, rn, MSG_NOSIGNAL);
                c->pub = !memcmp(p, "GET /pub", 8);
                c->state = 1;
                if (!c->pub) {
                    c->idx = nsub;
                    subs[nsub++] = c;
                }
                p = h + 4;
            }
            on = 0;
            while (end - p >= 6) {
                uint64_t ln = p[1] & 127;
                size_t h = 2;
                if (ln == 126) {
                    if (end - p < 8)
                        break;
                    ln = (uint8_t)p[2] << 8 | (uint8_t)p[3];
                    h = 4;
                }
                if ((uint64_t)(end - p) < h + 4 + ln)
                    break;
                uint8_t *mk = (uint8_t *)p + h;
                char *d = p + h + 4;
                if (c->pub && (p[0] & 15) <= 2) {
                    size_t o0 = on;
                    out[on++] = 0x81;
                    if (ln < 126)
                        out[on++] = ln;
                    else {
                        out[on++] = 126;
                        out[on++] = ln >> 8;
                        out[on++] = ln;
                    }
                    for (uint64_t j = 0; j < ln; j++)
                        out[on++] = d[j] ^ mk[j & 3];
                    if (!coalesce) {
                        bcast(out + o0, on - o0);
                        on = 0;
                    }
                }
                p = d + ln;
            }
            if (on)
                bcast(out, on);
        save:
            if (p < end) {
                size_t x = end - p;
                c->b = realloc(c->b, x);
                memcpy(c->b, p, x);
                c->n = x;
            }
        }
    }
}
