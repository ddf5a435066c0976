// A stand-in for stb_image, written for the tests: the module zip of Ollama leaves the real one out, and no test sends an image.
// It refuses every image. The C headers are here because the code that includes this one relies on getting them from it.
#pragma once
#include <errno.h>
#include <stdarg.h>
#include <string.h>

typedef unsigned char stbi_uc;

static stbi_uc *stbi_load_from_memory(const stbi_uc *, int, int *, int *, int *, int) { return nullptr; }
static void stbi_image_free(void *) {}
