using System.Runtime.ExceptionServices;
using Akka.Dispatch.SysMsg;

namespace Akka.Actor;

/// <summary>
/// Asynchronous handlers. Until the task is done the mailbox is suspended, and what follows each await comes back as a system
/// message, so that it runs as the actor and with the sender of the message it belongs to.
/// </summary>
internal sealed partial class ActorCell
{
    private bool _awaiting;
    private long _taskGeneration;

    public static void RunTask(Func<Task> action)
    {
        var cell = Current ?? throw new InvalidOperationException("RunTask must be called within an actor");
        var outer = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(new ActorSynchronizationContext(cell, cell._currentMessage, cell._taskGeneration));
        Task task;
        try
        {
            task = action();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(outer);
        }

        if (task.IsCompleted)
        {
            task.GetAwaiter().GetResult();
            return;
        }

        cell.Await(task);
    }

    private void Await(Task task)
    {
        var envelope = _currentMessage;
        var generation = _taskGeneration;
        _awaiting = true;
        _mailbox.Suspend();
        task.ContinueWith(
            done => SendSystemMessage(new Continuation(_ => Finish(done, envelope, generation), null)),
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    private void Finish(Task task, Envelope envelope, long generation)
    {
        if (generation != _taskGeneration)
        {
            return;
        }

        _awaiting = false;
        _mailbox.Resume();
        _currentMessage = envelope;
        if (task.IsFaulted)
        {
            ExceptionDispatchInfo.Throw(task.Exception.InnerExceptions.Count == 1 ? task.Exception.InnerException! : task.Exception);
        }
        else if (task.IsCanceled)
        {
            throw new TaskCanceledException(task);
        }

        _currentMessage = default;
    }

    /// <summary>A restart or stop does not wait for the handler: the rest of it belongs to an instance that is no more, and is dropped.</summary>
    private void AbandonTask()
    {
        _taskGeneration++;
        if (_awaiting)
        {
            _awaiting = false;
            _mailbox.Resume();
        }
    }

    private sealed class ActorSynchronizationContext(ActorCell cell, Envelope envelope, long generation) : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state) => cell.SendSystemMessage(new Continuation(Run, (d, state)));
        public override void Send(SendOrPostCallback d, object? state) => Post(d, state);
        public override SynchronizationContext CreateCopy() => this;

        private void Run(object? work)
        {
            if (generation != cell._taskGeneration)
            {
                return;
            }

            var (callback, state) = ((SendOrPostCallback, object?))work!;
            var (outerContext, outerMessage) = (Current, cell._currentMessage);
            SetSynchronizationContext(this);
            cell._currentMessage = envelope;
            try
            {
                callback(state);
            }
            finally
            {
                SetSynchronizationContext(outerContext);
                cell._currentMessage = outerMessage;
            }
        }
    }
}
