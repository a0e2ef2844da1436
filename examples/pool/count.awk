# The lines of each file whose name comes in: one reply a name.
#
#     fanfold run src --pool -- awk -f examples/pool/count.awk
{
    lines = 0
    while ((status = (getline line < $0)) > 0) lines++
    close($0)
    # A name that can't be read ends this process; the next name is answered by another.
    if (status < 0) exit 1
    print lines "\t" $0
    # Without the flush the reply waits in a buffer for more, and fanfold for the reply.
    fflush()
}
