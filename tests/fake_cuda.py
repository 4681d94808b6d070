"""A small libcuda of three cards, for machines without any."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

# The calls of CUDA's driver that the kit makes. As the real one it shows the fastest card first (here the last on the
# bus), or all in the order of the PCI bus; CUDA_VISIBLE_DEVICES chooses among them, by index or by UUID.
SOURCE = r"""
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
enum { CARDS = 3 };
static int shown[CARDS], count;
static void uuid(int card, unsigned char *u) { memset(u, 0xab, 16); u[15] = card; }
static int named(const char *token, const int *order) {
    if (strncmp(token, "GPU-", 4)) { int i = atoi(token); return i >= 0 && i < CARDS ? order[i] : -1; }
    for (int card = 0; card < CARDS; card++) {
        char name[64];
        sprintf(name, "GPU-abababab-abab-abab-abab-ababababab%02x", card);
        if (!strncmp(name, token, strcspn(token, ","))) return card;
    }
    return -1;
}
int cuInit(unsigned flags) {
    const char *by = getenv("CUDA_DEVICE_ORDER"), *visible = getenv("CUDA_VISIBLE_DEVICES");
    int bus[CARDS] = {0, 1, 2}, speed[CARDS] = {2, 0, 1}, *order = by && !strcmp(by, "PCI_BUS_ID") ? bus : speed;
    count = 0;
    if (!visible) for (; count < CARDS; count++) shown[count] = order[count];
    for (const char *at = visible; at && *at; at = strchr(at, ',') ? strchr(at, ',') + 1 : "") {
        int card = named(at, order);
        if (card < 0 || count == CARDS) break;
        shown[count++] = card;
    }
    return count ? 0 : 100;
}
int cuDeviceGetCount(int *n) { *n = count; return 0; }
int cuDriverGetVersion(int *v) { *v = 13010; return 0; }
int cuDeviceGet(int *d, int i) { *d = shown[i]; return 0; }
int cuDeviceGetPCIBusId(char *s, int n, int d) { snprintf(s, n, "0000:%02x:00.0", 0x3b + d); return 0; }
int cuDeviceGetName(char *s, int n, int d) { strncpy(s, d ? "NVIDIA Small" : "NVIDIA H100", n); return 0; }
int cuDeviceGetUuid(unsigned char *u, int d) { uuid(d, u); return 0; }
int cuDeviceTotalMem_v2(size_t *b, int d) { *b = 80ull << 30; return 0; }
"""


def card(number: int) -> str:
    """The UUID of a card, by its place on the bus."""
    return f"GPU-abababab-abab-abab-abab-ababababab{number:02x}"


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a libcuda.so.1 of three cards."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or sys.platform != "linux":
        pytest.skip("no C compiler")
    folder = tmp_path_factory.mktemp("driver")
    (folder / "cuda.c").write_text(SOURCE)
    library = str(folder / "libcuda.so.1")
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, str(folder / "cuda.c")], check=True)
    return folder
